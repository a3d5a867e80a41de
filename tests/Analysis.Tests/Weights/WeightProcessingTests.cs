using CsCheck;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Weights;

/// <summary>Processing leaves the distribution as it is, where it is allowed.</summary>
public sealed class WeightProcessingTests
{
    // Log-probabilities of small models with weights of size 1: rounding of float32 through three layers, of logits up to 10.
    // With gates and no normalised write the stream grows, and rounding with it: such configurations are measured relative.
    [Fact]
    public void Every_allowed_step_leaves_log_probabilities_of_random_models_as_they_are() =>
        Gen.Select(
            RandomModel.Configs.Where(c => c.Norm != NormKind.None), Gen.Int[0, 500]).Sample(
            (config, seed) =>
            {
                TransformerModel model = RandomModel.Create(config, seed);
                float[] before = Logits(model);
                ProcessStep[] steps = [.. Enum.GetValues<ProcessStep>().Where(s => WeightProcessing.Refusal(model, s) is null)];
                ProcessedModel processed = WeightProcessing.Apply(model, steps, 1);
                double size = Math.Max(1, before.Max(Math.Abs));
                Assert.All(processed.Reports, r => Assert.True(
                    r.LogProbabilityChange <= 5e-4 * size, $"{config}: {r}, logits up to {size}"));

                // Undone bit for bit: the original was never written to.
                Assert.Equal(before, Logits(processed.Original));
            },
            iter: 80);

    // 1e-5, and 2e-5 for the trained model, whose logits are up to 20: there the two float32 runs themselves are 1e-5 off (see below).
    [Theory]
    [InlineData("tl/gpt2", 1e-5)]
    [InlineData("tl/llama", 1e-5)]
    [InlineData("tl/neox", 1e-5)]
    [InlineData("tl/gptj", 1e-5)]
    [InlineData("hf/gpt2", 1e-5)]
    [InlineData("hf/opt", 1e-5)]
    [InlineData("hf/falcon", 1e-5)]
    [InlineData("hf/gemma", 1e-5)]
    [InlineData("hf/bloom", 1e-5)]
    [InlineData("stories260K", 2e-5)]
    public void Log_probabilities_of_checkpoints_change_by_rounding_only(string path, double tolerance)
    {
        TransformerModel model = TransformerModel.Load(Fixtures.Require(path));
        ProcessStep[] steps = [.. Enum.GetValues<ProcessStep>().Where(s => WeightProcessing.Refusal(model, s) is null)];
        Assert.Contains(ProcessStep.FoldNorm, steps);
        ProcessedModel processed = WeightProcessing.Apply(model, steps, 1);
        Assert.Equal(steps, processed.Reports.Select(r => r.Step));
        Assert.All(processed.Reports, r => Assert.True(r.LogProbabilityChange <= tolerance, $"{path}: {r}"));
    }

    // In exact arithmetic the trained model stays within 1e-5 once its folded weights are rounded to float32, which each is once; what the
    // report of the check prompt says beyond that is the rounding of the two float32 runs that it compares.
    [Fact]
    public void Log_probabilities_of_the_trained_model_change_by_less_than_1e_5_in_float64()
    {
        TransformerModel model = TransformerModel.Load(Fixtures.Require("stories260K"));
        ProcessStep[] steps = [.. Enum.GetValues<ProcessStep>().Where(s => WeightProcessing.Refusal(model, s) is null)];
        TransformerModel processed = WeightProcessing.Apply(model, steps, 1).Model;
        int[] tokens = [.. Enumerable.Range(1, 16).Select(i => i * 7919 % model.Config.DVocab)];
        double[][] before = LogProbabilities(FloatModel.Of(model).Logits(tokens)), after = LogProbabilities(FloatModel.Of(processed).Logits(tokens));
        Assert.InRange(Worst(before, after), 0, 1e-5);

        // The float64 model is the model: its log-probabilities are those of the float32 run up to what rounding does to logits of 20.
        RunResult run = model.Run(tokens, new RunOptions { Threads = 1 });
        double[][] rounded = LogProbabilities([.. tokens.Select((_, p) => run.LogitsAt(0, p).ToArray().Select(x => (double)x).ToArray())]);
        Assert.InRange(Worst(before, rounded), 1e-8, 2e-5);

        static double[][] LogProbabilities(double[][] logits) => [.. logits.Select(row =>
        {
            double most = row.Max(), total = Math.Log(row.Sum(x => Math.Exp(x - most)));
            return row.Select(x => x - most - total).ToArray();
        })];

        static double Worst(double[][] x, double[][] y) => x.Zip(y, (a, b) => a.Zip(b, (c, d) => Math.Abs(c - d)).Max()).Max();
    }

    [Fact]
    public void Steps_that_would_change_the_function_are_refused_with_the_reason()
    {
        ModelConfig plain = RandomModel.Config();
        Refused(ProcessStep.CenterWriting, plain with { Norm = NormKind.Rms }, "RMSNorm");
        Refused(ProcessStep.CenterWriting, plain with { Norm = NormKind.None }, "no norms");
        Refused(ProcessStep.CenterWriting, plain with { FinalNorm = false }, "unembedding");
        Refused(ProcessStep.FoldNorm, RandomModel.Config(BlockStyle.PostNorm), "stand in the stream");
        Refused(ProcessStep.FoldNorm, plain with { Norm = NormKind.None }, "no norms");
        Refused(ProcessStep.FoldNorm, RandomModel.Config(positions: PositionKind.Shortformer), "positions");
        Refused(ProcessStep.CenterUnembed, plain with { LogitSoftCap = 6 }, "soft-capped");

        static void Refused(ProcessStep step, ModelConfig config, string reason) => Assert.Contains(
            reason,
            Assert.Throws<InvalidInputException>(() => WeightProcessing.Apply(RandomModel.Create(config), [step])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Folded_norms_have_neither_gain_nor_bias()
    {
        ModelWeights weights = WeightProcessing.Apply(RandomModel.Create(RandomModel.Config()), [ProcessStep.FoldNorm]).Model.Weights;
        Assert.All(weights.Blocks, b => Assert.True(b.Norm1!.Gain.Length + b.Norm1.Bias.Length + b.Norm2!.Gain.Length + b.Norm2.Bias.Length == 0));
        Assert.Empty(weights.FinalNorm!.Gain);
    }

    private static float[] Logits(TransformerModel model)
    {
        RunResult run = model.Run(RandomModel.Tokens(7, 1), new RunOptions { Threads = 1 });
        return [.. Enumerable.Range(0, 7).SelectMany(p => run.LogitsAt(0, p).ToArray())];
    }
}

using CsCheck;
using Interp.Hooks;
using Interp.Runtime.Tests.Weights;

namespace Interp.Onnx.Tests;

/// <summary>
/// An exported graph, run by ONNX Runtime, gives the values of every hook point. Tolerance: 1e-5 of the largest value of a
/// point; both engines compute in float32, in different orders. Random models, some of which have no norms, amplify rounding
/// from layer to layer: 1e-4 there.
/// </summary>
public sealed class OnnxExportTests
{
    private const double Tolerance = 1e-5;

    public static TheoryData<string> Checkpoints => [.. HuggingFaceModels.All];

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Every_hook_point_of_a_checkpoint_agrees_with_another_engine(string name) => Compare(
        TransformerModel.Load(Fixtures.Require($"hf/{name}")), [RandomModel.Tokens(12, 1, 40), RandomModel.Tokens(7, 2, 40)]);

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void A_checkpoint_with_a_head_baked_out_is_the_run_with_that_ablation(string name)
    {
        Intervention[] ablation = [Ablate.Zero(Hook.Z(1), Scope.Everything.OnHeads(1))];
        Compare(
            TransformerModel.Load(Fixtures.Require($"hf/{name}")), [RandomModel.Tokens(8, 3, 40)],
            new OnnxExportOptions { Interventions = ablation });
    }

    [Fact]
    public void Every_hook_point_of_any_block_agrees_with_another_engine() => RandomModel.Configs.Sample(
        config => Compare(RandomModel.Create(config, 3), [RandomModel.Tokens(9, 1), RandomModel.Tokens(5, 2)], null, 1e-4),
        iter: 40);

    [Fact]
    public void Weights_may_lie_beside_the_graph() => Compare(
        RandomModel.Create(RandomModel.Config()), [RandomModel.Tokens(5, 1)], new OnnxExportOptions { ExternalData = true });

    public static TheoryData<string> Baked => ["zero", "mean", "steer", "cut", "cut after", "neurons", "scores", "stream"];

    [Theory]
    [MemberData(nameof(Baked))]
    public void A_baked_in_intervention_is_the_same_as_one_at_run_time(string name)
    {
        var random = new Random(5);
        TensorValue Vector(params int[] shape) =>
            new(shape, [.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => random.NextSingle() - 0.5f)]);
        Intervention[] interventions = name switch
        {
            "zero" => [Ablate.Zero(Hook.Z(1), Scope.Everything.OnHeads(IndexSet.Of(0, 3)))],
            "mean" => [Ablate.Mean(Hook.MlpOut(0), Vector(24), Scope.At(IndexSet.Of(1, -1))), Ablate.Mean(Hook.K(2), Vector(2, 8))],
            "steer" => [new Steer(Hook.ResidPost(1), Vector(24), 3, Scope.At(-2)), new Steer(Hook.Q(0), Vector(8), -1, Scope.Everything)],
            "cut" => [new KnockOut(1, -1, IndexSet.Of(0, 2), 1), new KnockOut(2, 0, 0)],
            "cut after" => [new KnockOut(1, IndexSet.Of(3, -1), IndexSet.Of(0, 2), 1, renormalize: false)],
            "neurons" => [Ablate.Zero(Hook.Post(1), Scope.At(-1).OnNeurons(IndexSet.Of(1, -1)))],
            "scores" => [Ablate.Zero(Hook.AttnScores(1)), Ablate.Zero(Hook.Pattern(2), Scope.At(2).FromSources(1))],
            _ => [Ablate.Zero(Hook.Embed, Scope.At(0)), Ablate.Zero(Hook.Result(0), Scope.Everything.OnHeads(2))],
        };
        Compare(
            RandomModel.Create(RandomModel.Config(positions: PositionKind.Rotary, keyHeads: 2)),
            [RandomModel.Tokens(9, 1), RandomModel.Tokens(6, 2)], new OnnxExportOptions { Interventions = interventions });
    }

    [Fact]
    public void What_belongs_to_one_prompt_cannot_be_baked_in()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        Refuses(new Patch(Hook.Z(0), new TensorValue([48, 4, 8], new float[48 * 32]), Scope.Everything), "one prompt");
        Refuses(new Custom(Hook.Z(0), "nothing", (in Activation _) => { }, Scope.Everything), "it is code");
        Refuses(Ablate.Zero(new HookPoint(HookKind.QInput, 0)), "heads read the stream itself");
        Refuses(Ablate.Zero(Hook.Z(7)), "layer 7 is out of range");

        void Refuses(Intervention intervention, string words)
        {
            using var work = new TemporaryDirectory();
            string path = work.At("model.onnx");
            var error = Assert.Throws<InvalidInputException>(
                () => OnnxExport.Write(model, path, new OnnxExportOptions { Interventions = [intervention] }));
            Assert.Contains(words, error.Message, StringComparison.Ordinal);
            Assert.Empty(work.FileNames);
        }
    }

    /// <summary>Exports a model and compares every hook point with ONNX Runtime's.</summary>
    internal static void Compare(
        TransformerModel model, int[][] prompts, OnnxExportOptions? options = null, double tolerance = Tolerance)
    {
        prompts = [.. prompts.Select(p => p.Where(t => t != model.Config.PaddingId).ToArray())];
        using var work = new TemporaryDirectory();
        string path = work.At("model.onnx");
        HookPoint[] points = [.. model.Hooks.AllPoints.Where(p => p.Kind is not
            (HookKind.AttnIn or HookKind.QInput or HookKind.KInput or HookKind.VInput))];
        HookQuery[] queries = [.. points.Select(p => (HookQuery)p)];
        options = (options ?? new OnnxExportOptions()) with { Outputs = queries };
        OnnxExport.Write(model, path, options);
        RunResult run = model.Run(
            new TokenBatch(prompts), new RunOptions { Observe = queries, Interventions = options.Interventions });
        using var engine = OnnxEngine.Open(path);
        IReadOnlyDictionary<string, TensorValue> others = engine.Run(prompts);
        for (int s = 0; s < prompts.Length; s++)
        {
            foreach (HookPoint point in points)
            {
                float[] ours = run.Cache(s).Values(point);
                float[] theirs = OnnxValues.OfSequence(model, point, others[model.Hooks.Name(point)], s, prompts[s].Length);
                double largest = theirs.Where(float.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max();
                Close.Assert(theirs, ours, tolerance * largest, 0, $"{model.Config.Block} {model.Hooks.Name(point)} of {s}");
            }
        }
    }
}

using Interp.Hooks;
using Interp.Runtime;
using Interp.Runtime.Weights;

namespace Interp.Analysis.Tests.Lens;

/// <summary>The logit lens against TransformerLens, and against what the run itself says at the top.</summary>
public sealed class LogitLensTests
{
    // 1e-4 relative and 5e-5: float32 norms and products of 48 terms on both sides.
    [Theory]
    [InlineData("gpt2")]
    [InlineData("neox")]
    [InlineData("llama")]
    [InlineData("gptj")]
    [InlineData("attn_only_2l")]
    public void The_lens_agrees_with_TransformerLens(string name)
    {
        string folder = Fixtures.Require($"tl/{name}"), native = Path.Combine(folder, "native");
        TransformerModel model = TransformerModel.Load(Directory.Exists(native) ? native : folder);
        using var expected = Expected.Open("tl", name, "analysis_raw.safetensors");
        using var tokens = Expected.Open("tl", name, "tokens.safetensors");
        int[][] clean = tokens.Rows("clean");
        bool middle = model.Hooks.Contains(Hook.ResidMid(0));
        LensPlace[] places =
        [
            .. Enumerable.Range(0, model.Config.NLayers).SelectMany(l => middle
                ? new[] { new LensPlace(Hook.ResidPre(l)), new LensPlace(Hook.ResidMid(l)) }
                : [new LensPlace(Hook.ResidPre(l))]),
            new LensPlace(LogitLens.Top(model)),
        ];
        RunResult run = model.Run(new TokenBatch(clean), new RunOptions { Observe = [.. places.Select(p => (HookQuery)p.Point)] });
        for (int s = 0; s < clean.Length; s++)
        {
            LogitLens.Read(model, run.Cache(s), clean[s], places, [-1], (place, _, logits) => Close.Assert(
                expected.Floats("logit_lens_last", place, s), logits, 5e-5, 1e-4, $"{name} {places[place]} {s}"));
        }
    }

    [Theory]
    [InlineData("hf/gpt2")]
    [InlineData("hf/gemma2")]
    [InlineData("hf/bert")]
    [InlineData("hf/opt_350m_style")]
    public void The_top_of_the_stream_gives_the_bits_of_the_run(string path)
    {
        TransformerModel model = TransformerModel.Load(Fixtures.Require(path));
        int[] tokens = RandomModel.Tokens(9, 3, model.Config.DVocab);
        LensPlace top = new(LogitLens.Top(model));
        RunResult run = model.Run(tokens, new RunOptions { Observe = [top.Point] });
        int read = 0;
        LogitLens.Read(model, run.Cache(), tokens, [top], [0, 4, -1], (_, position, logits) =>
        {
            Assert.True(logits.SequenceEqual(run.LogitsAt(0, position)));
            read++;
        });
        Assert.Equal(3, read);
    }

    [Fact]
    public void A_row_has_rank_entropy_and_divergence()
    {
        TransformerModel model = DemoModel.Create();
        IReadOnlyList<int> tokens = model.Tokenize(DemoModel.CleanPrompt);
        int answer = model.Tokenize(DemoModel.Answer)[^1];
        IReadOnlyList<LensPlace> places = LogitLens.Places(model, "resid", "result");
        RunResult run = model.Run(tokens, new RunOptions { Observe = [.. places.Select(p => p.Point).Distinct().Select(p => (HookQuery)p)] });
        var lens = new LensTable(model);
        lens.Add(0, new PromptPair { Clean = tokens, Answers = [answer] }, run, 0, places, [-1]);

        // Before the induction head nothing is in the output's subspace: uniform over 32 words. After it, the run's own.
        IReadOnlyList<object?> first = lens.Table.Rows[0], last = lens.Table.Rows[2];
        Assert.Equal(Math.Log(32), (double)first[11]!, 1e-6);
        Assert.Equal(0.0, (double)last[12]!, 1e-12);
        Assert.Equal((0, DemoModel.Answer), ((int)last[7]!, (string)last[8]!));

        // Of all heads, only the induction head's write alone says the answer.
        Assert.Equal(
            DemoModel.InductionHead,
            lens.Table.Rows.Where(r => (string)r[1]! == "result").Where(r => (double)r[10]! > 0.5).Select(r => ((int)r[2]!, (int)r[3]!)).Single());
    }

    [Fact]
    public void Translators_are_applied_and_checked()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        int d = model.Config.DModel;
        string path = Path.Combine(Directory.CreateTempSubdirectory("interp-lens-").FullName, "lens.safetensors");
        var random = new Random(4);
        float[] weight = [.. Enumerable.Range(0, d * d).Select(_ => (float)random.NextDouble() - 0.5f)];
        float[] bias = [.. Enumerable.Range(0, d).Select(_ => (float)random.NextDouble())];
        NamedTensor[] tensors = [.. Enumerable.Range(0, 3).SelectMany(l => new[]
        {
            NamedTensor.Float($"layer_translators.{l}.weight", [d, d], weight), NamedTensor.Float($"layer_translators.{l}.bias", [d], bias),
        })];
        SafetensorsWriter.Write(path, tensors);
        float[] x = [.. Enumerable.Range(0, d).Select(i => MathF.Cos(i))];
        float[] y = TunedLens.Load(path, model.Config).Translate(1, x);
        for (int i = 0; i < d; i++)
        {
            double expected = x[i] + bias[i] + Enumerable.Range(0, d).Sum(j => (double)weight[(i * d) + j] * x[j]);
            Assert.Equal(expected, y[i], 1e-5);
        }

        SafetensorsWriter.Write(path, tensors[..4]);
        Assert.Contains("2.weight", Assert.Throws<InvalidInputException>(() => TunedLens.Load(path, model.Config)).Message, StringComparison.Ordinal);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }
}

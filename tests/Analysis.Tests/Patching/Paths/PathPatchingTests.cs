using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Patching.Paths;

/// <summary>
/// Path and edge patching against an independent float64 model. Tolerance 1e-4 + 1e-4 of the value: the runs are float32
/// through three layers and a difference of two of them is measured.
/// </summary>
public sealed class PathPatchingTests
{
    private static readonly ModelConfig Config = RandomModel.Config(keyHeads: 2, activation: ActivationFunction.Relu);

    private static readonly PromptPair Pair = new()
    {
        Clean = RandomModel.Tokens(6, 1),
        Corrupted = RandomModel.Tokens(6, 2),
        Answers = [3],
        Wrongs = [11],
    };

    public static TheoryData<string, string, PathFreeze, PatchDirection> Queries => new()
    {
        { "0.1", "logits", PathFreeze.Heads, PatchDirection.Noise },
        { "0.1", "logits", PathFreeze.Heads | PathFreeze.Mlps, PatchDirection.Denoise },
        { "0.1,0.3", "2.1.q", PathFreeze.Heads, PatchDirection.Noise },
        { "0.1,m0", "2.0.k,2.1.v,1.2.q", PathFreeze.Heads | PathFreeze.Mlps, PatchDirection.Noise },
        { "embed", "1.1.k", PathFreeze.Heads, PatchDirection.Denoise },
        { "1.2", "m1,m2", PathFreeze.Heads, PatchDirection.Noise },
        { "m0,0.2", "1.0.q,logits", PathFreeze.Heads, PatchDirection.Noise },
        { "0.0", "2.3.q,m2", PathFreeze.None, PatchDirection.Noise },
    };

    [Theory]
    [MemberData(nameof(Queries))]
    public void The_three_steps_are_those_of_a_plain_float64_model(string from, string to, PathFreeze freeze, PatchDirection direction)
    {
        TransformerModel model = RandomModel.Create(Config, 7);
        var query = new PathQuery([.. from.Split(',').Select(PathNode.Parse)], [.. to.Split(',').Select(PathNode.Parse)]);
        ResultTable table = PathPatching.Run(model, [Pair], [query], new PathOptions { Freeze = freeze, Direction = direction });
        var plain = new PlainPaths(model);
        bool noise = direction == PatchDirection.Noise;
        int[] clean = [.. Pair.Clean], corrupted = [.. Pair.Corrupted];
        PlainPaths.Trace a = plain.Run(noise ? clean : corrupted), b = plain.Run(noise ? corrupted : clean);
        HashSet<string> senders = [.. query.Senders.Select(s => s.ToString())], receivers = [.. query.Receivers.Select(r => r.ToString())];
        PlainPaths.Trace second = plain.Run(noise ? clean : corrupted, output: (node, own) =>
            senders.Contains(node) ? b.Out[node]
            : node.Contains('H') ? (freeze.HasFlag(PathFreeze.Heads) ? a.Out[node] : own)
            : node != "embed" && freeze.HasFlag(PathFreeze.Mlps) ? a.Out[node] : own);
        PlainPaths.Trace third = plain.Run(
            noise ? clean : corrupted, input: (at, own) => receivers.Contains(at) ? second.In[at] : own);
        double[][] end = third.End;
        if (receivers.Contains("logits"))
        {
            end = [.. end.Select((row, p) => row.Select((v, i) => v + second.End[p][i] - a.End[p][i]).ToArray())];
        }

        Near(Difference(plain.Logits(end)), table.Values("patched").Single());
        Near(Difference(plain.Logits((noise ? a : b).End)), table.Values("clean").Single());
        Assert.NotEqual(table.Values("patched").Single(), table.Values("clean").Single());
    }

    // With everything frozen what reaches the logits is the sender's change through the base run's final norm.
    [Fact]
    public void The_linear_estimate_is_the_sent_change_through_the_frozen_norm()
    {
        TransformerModel model = RandomModel.Create(Config, 7);
        var plain = new PlainPaths(model);
        PlainPaths.Trace a = plain.Run([.. Pair.Clean]), b = plain.Run([.. Pair.Corrupted]);
        double[] change = [.. b.Out["L1H2"][^1].Zip(a.Out["L1H2"][^1], (x, y) => x - y)];
        double[] end = a.End[^1];
        double middle = end.Average(), scale = Math.Sqrt(end.Average(v => (v - middle) * (v - middle)) + Config.NormEpsilon);
        double mean = change.Average(), effect = 0;
        var row = new float[Config.DVocab];
        for (int i = 0; i < change.Length; i++)
        {
            model.Weights.Unembed.CopyInput(i, row);
            effect += (change[i] - mean) / scale * model.Weights.FinalNorm!.Gain[i] * (row[3] - (double)row[11]);
        }

        ResultTable table = PathPatching.Run(model, [Pair], [new PathQuery([PathNode.OfHead(1, 2)], [PathNode.Logits])]);
        Near(Difference(plain.Logits(a.End)) + effect, table.Values("linear").Single());
        Assert.True(Math.Abs((double)table.Values("linear").Single()! - (double)table.Values("patched").Single()!) > 1e-3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_set_of_edges_is_that_of_a_plain_float64_model(int seed)
    {
        TransformerModel model = RandomModel.Create(Config, seed);
        var edges = new EdgePatching(model);
        var random = new SeededRandom(seed);
        PathEdge[] chosen = [.. edges.AllEdges().Where(_ => random.Next(4) == 0)];
        ActivationCache source = Record(model, edges);
        RunResult run = model.Run(Pair.Clean, new RunOptions { Interventions = edges.Interventions(chosen, source) });
        RunResult reversed = model.Run(Pair.Clean, new RunOptions { Interventions = edges.Interventions([.. chosen.Reverse()], source) });
        var plain = new PlainPaths(model);
        PlainPaths.Trace b = plain.Run([.. Pair.Corrupted]);
        ILookup<string, string> into = chosen.ToLookup(e => e.Destination.ToString(), e => e.Source.ToString());
        PlainPaths.Trace patched = plain.Run([.. Pair.Clean], read: (at, stream, trace) =>
        {
            double[][] read = [.. stream.Select(row => row.ToArray())];
            foreach (string node in into[at])
            {
                PlainPaths.Add(read, [.. b.Out[node].Select((row, p) => row.Select((v, i) => v - trace.Out[node][p][i]).ToArray())]);
            }

            return read;
        });
        double[] expected = plain.Logits(patched.End);
        Assert.All(expected.Select((value, i) => (value, i)), e => Near(e.value, (double)run.LogitsAt(0, -1)[e.i]));
        Assert.Equal(run.LogitsAt(0, -1), reversed.LogitsAt(0, -1));
    }

    [Fact]
    public void No_edges_are_the_base_run_and_all_edges_the_source_run()
    {
        TransformerModel model = RandomModel.Create(Config, 4);
        var edges = new EdgePatching(model);
        ActivationCache source = Record(model, edges);
        RunResult all = model.Run(Pair.Clean, new RunOptions { Interventions = edges.Interventions(edges.AllEdges(), source) });
        Assert.Empty(edges.Interventions([], source));
        float[] expected = model.Run(Pair.Corrupted).LogitsAt(0, -1).ToArray();
        Assert.All(expected.Select((value, i) => (value, i)), e => Near(e.value, (double)all.LogitsAt(0, -1)[e.i]));
    }

    // Exactly: the previous-token head reaches the answer through the key of the induction head and no other way.
    [Fact]
    public void The_mechanism_of_the_demo_model_is_recovered()
    {
        TransformerModel model = DemoModel.Create();
        var pair = new PromptPair
        {
            Clean = model.Tokenize(DemoModel.CleanPrompt),
            Corrupted = model.Tokenize(DemoModel.CorruptedPrompt),
            Answers = [model.Tokenize(DemoModel.Answer)[^1]],
            Wrongs = [model.Tokenize(DemoModel.Wrong)[^1]],
        };
        PathNode[] receivers =
        [
            .. from h in Enumerable.Range(0, 4)
               from input in new[] { HeadInput.Q, HeadInput.K, HeadInput.V }
               select new PathNode(PathNodeKind.Head, 1, h, input),
            PathNode.Logits,
        ];
        IReadOnlyList<PathQuery> queries = PathPatching.Pairs(
            model, Enumerable.Range(0, 4).Select(h => new[] { PathNode.OfHead(0, h) }), [.. receivers.Select(r => new[] { r })]);
        ResultTable table = PathPatching.Run(model, [pair], queries);
        Assert.Equal(4 * 13, table.Rows.Count);
        foreach ((object? from, object? to, object? effect) in table.Values("src").Zip(table.Values("dst"), table.Values("effect")))
        {
            bool circuit = from is "L0H2" && to is "L1H1.k";
            Assert.Equal(circuit ? 1 : 0, (double)effect!, circuit ? 0.01 : 0);
        }
    }

    [Theory]
    [InlineData("2.0", "1.0.q", "nothing arrives at or leaves L1H0.q")]
    [InlineData("0.0,2.1", "1.0.q", "nothing arrives at or leaves L2H1")]
    [InlineData("0.7", "logits", "node L0H7: head 7 is out of range, expected heads 0..3")]
    [InlineData("0.0", "1.2.k", "node L1H2.k: head 2 is out of range, expected key-value heads 0..1")]
    [InlineData("m9", "logits", "node m9: layer 9 is out of range, the model has layers 0..2")]
    [InlineData("logits", "embed", "expected senders")]
    public void Paths_that_cannot_be_are_refused(string from, string to, string words)
    {
        TransformerModel model = RandomModel.Create(Config);
        var query = new PathQuery([.. from.Split(',').Select(PathNode.Parse)], [.. to.Split(',').Select(PathNode.Parse)]);
        Assert.Contains(
            words, Assert.Throws<InvalidInputException>(() => PathPatching.Run(model, [Pair], [query])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nodes_are_read_as_they_are_written()
    {
        foreach (string name in new[] { "embed", "logits", "L9H6", "L10H7.q", "L0H1.k", "L0H1.v", "m5" })
        {
            Assert.Equal(name, PathNode.Parse(name).ToString());
        }

        Assert.Equal(PathNode.Parse("L9H6"), PathNode.Parse("9.6"));
        Assert.Contains(
            "node '9.6.x'", Assert.Throws<InvalidInputException>(() => PathNode.Parse("9.6.x")).Message, StringComparison.Ordinal);
    }

    private static ActivationCache Record(TransformerModel model, EdgePatching edges) =>
        model.Run(Pair.Corrupted, new RunOptions { Observe = [.. edges.SourcePoints.Select(p => (HookQuery)p)] }).Cache();

    private static double Difference(double[] logits) => logits[3] - logits[11];

    private static void Near(double expected, object? found) =>
        Assert.Equal(expected, (double)found!, 1e-4 + (1e-4 * Math.Abs(expected)));
}

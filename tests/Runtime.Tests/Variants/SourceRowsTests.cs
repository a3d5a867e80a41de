using Interp.Hooks;

namespace Interp.Runtime.Tests.Variants;

/// <summary>What is known of a patched row of the stream, because the run that it comes from has computed it, is not computed again.</summary>
public sealed class SourceRowsTests
{
    private static readonly int[][] Clean = [RandomModel.Tokens(7, 1), RandomModel.Tokens(4, 2), RandomModel.Tokens(9, 3)];

    private static readonly int[][] Source = [RandomModel.Tokens(7, 4), RandomModel.Tokens(4, 5), RandomModel.Tokens(9, 6)];

    [Fact]
    public void Rows_of_the_source_run_have_its_queries_keys_and_values()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(), 1);
        ModelConfig config = model.Config;
        RunResult source = Run(), changed = Run(Ablate.Zero(Hook.K(1), Scope.Everything));
        TensorValue stream = source.Cache(0).Value(Hook.ResidPre(1)), ones = TensorValue.Vector([.. Enumerable.Repeat(1f, config.DModel)]);

        // A row of the source run where it stood, one of it elsewhere, and one that is none of it any more.
        Variant[] variants =
        [
            new(0, [new Patch(Hook.ResidPre(1), stream, Scope.At(3))]),
            new(0, [new Patch(Hook.ResidPre(1), stream, Scope.At(4), new PositionMap((4, 6)))]),
            new(0, [new Patch(Hook.ResidPre(1), stream, Scope.At(5)), new Steer(Hook.ResidPre(1), ones, 1, Scope.At(5))]),
        ];
        long row = (long)config.DModel * config.DHead * (config.NHeads + (2 * config.NKeyValueHeads));
        Assert.Equal(Work(Options(null)) - (2 * row), Work(Options(source)));
        Assert.Equal(Work(Options(null)), Work(Options(changed)));
        Engines.Same(model, Clean, variants, Options(source));
        Engines.Same(model, Clean, variants, Options(changed));

        // What base runs change between the stream and its projections they change in the patched rows too.
        Intervention[][] bases = [[Ablate.Zero(new HookPoint(HookKind.Ln1Normalized, 1), Scope.At(3))], [], []];
        Engines.Same(model, Clean, variants, Options(source) with { Base = bases });

        RunResult Run(params Intervention[] interventions) => model.Run(
            new TokenBatch(Source), new RunOptions { Observe = ["resid_pre", "q", "k", "v"], Interventions = interventions });

        VariantOptions Options(RunResult? run) =>
            new() { Sources = run is null ? [] : [.. Enumerable.Range(0, Clean.Length).Select(run.Cache)] };

        long Work(VariantOptions options) => new LaneEngine().Explain(model, new TokenBatch(Clean), variants, options).MultiplyAdds;
    }

    [Fact]
    public void Base_runs_take_the_rows_in_front_of_the_first_difference_from_the_source_run()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(), 1);
        ModelConfig config = model.Config;
        int[][] other = [[.. Clean[0][..3], .. RandomModel.Tokens(4, 8)], RandomModel.Tokens(4, 5), RandomModel.Tokens(9, 6)];
        HookPoint[] points = [.. new LaneEngine().SourcePoints(model, [Hook.Pattern(1), Hook.MlpOut(2)])];
        RunResult source = model.Run(new TokenBatch(other), new RunOptions { Observe = [.. points.Select(p => (HookQuery)p)] });
        Variant[] variants =
        [
            new(0, [new Patch(Hook.MlpOut(2), source.Cache(0).Value(Hook.MlpOut(2)), Scope.At(5))]),
            new(0, [new Patch(Hook.Pattern(1), source.Cache(0).Value(Hook.Pattern(1)), Scope.At(4))]),
        ];
        VariantOptions plain = new() { Logits = LogitRows.All, Tokens = LogitTokens.Of([[1], [2], [3]]) };
        VariantOptions last = plain with { Logits = LogitRows.Last };

        // Three rows of every layer, the last one too, since its FFN output is wanted at every position.
        long row = (long)config.DModel * ((2 * config.DHead * (config.NHeads + config.NKeyValueHeads)) + (2 * config.DMlp));
        long attention = 2L * (1 + 2 + 3) * config.NHeads * config.DHead;
        Assert.Equal(Work(last, null) - (config.NLayers * ((3 * row) + attention)), Work(last, source));

        // Rows that are read are computed.
        Assert.Equal(Work(plain, null), Work(plain, source));
        Engines.Same(model, Clean, variants, last with { Sources = Sources(source) });
        Engines.Same(model, Clean, variants, plain with { Sources = Sources(source) });

        static ActivationCache[] Sources(RunResult run) => [.. Enumerable.Range(0, Clean.Length).Select(run.Cache)];

        long Work(VariantOptions options, RunResult? run) => new LaneEngine().Explain(
            model, new TokenBatch(Clean), variants, options with { Sources = run is null ? [] : Sources(run) }).MultiplyAdds;
    }

    [Fact]
    public void Source_runs_of_another_model_or_number_are_refused()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(), 1), other = RandomModel.Create(RandomModel.Config(), 1);
        Variant[] variants = [new(0, [])];
        string Message(RunResult run, int count) => Assert.Throws<InvalidInputException>(() => new LaneEngine().Run(
            model, new TokenBatch(Clean), variants, new VariantOptions { Sources = [.. Enumerable.Range(0, count).Select(run.Cache)] },
            (in VariantResult _) => { })).Message;
        Assert.Contains("one for each of 3 sequences, found 2", Message(model.Run(new TokenBatch(Source)), 2), StringComparison.Ordinal);
        Assert.Contains("of this model", Message(other.Run(new TokenBatch(Source)), 3), StringComparison.Ordinal);
    }
}

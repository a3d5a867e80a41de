using CsCheck;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Flow;

/// <summary>Routes from a prediction back to its tokens.</summary>
public sealed class RouteTests
{
    // By construction (see DemoModel): the induction head 1.1 at the last word reads "met" at 2, since there the previous-token head 0.2
    // wrote that "Mary" at 1 came before, and "Mary" is the last word. Head 0.2 at 2 looks at 1 by positions. Nothing else is planted.
    [Fact]
    public void The_routes_of_the_demo_models_prediction_are_exactly_the_planted_path()
    {
        (TransformerModel model, RunResult run, ResidualLedger ledger) = Demo();
        int answer = model.Tokenize(DemoModel.Answer)[^1], wrong = model.Tokenize(DemoModel.Wrong)[^1];
        IReadOnlyList<RouteEdge> edges = ledger.RoutesOf(ledger.ReadLogits(-1, run.LogitsAt(0, -1), answer, wrong), "logits", 0.05);
        Assert.Equal(
            [
                "L0H2@2<-1 k pos_embed@1", "L0H2@2<-1 q pos_embed@2", "L0H2@2<-1 v embed@1",
                "L1H1@8<-2 k L0H2@2<-1", "L1H1@8<-2 q embed@8", "L1H1@8<-2 v embed@2",
                "logits@8  L1H1@8<-2",
            ],
            edges.Select(e => $"{e.To} {e.Input switch { QkvInput.Query => "q", QkvInput.Key => "k", QkvInput.Value => "v", _ => "" }} {e.From}")
                .Order(StringComparer.Ordinal));
        Assert.All(edges, e => Assert.InRange(e.Importance, 0.95, 1));
    }

    // The whole stream also holds what nobody reads: the copies of the distractor heads are there, and the planted edges among the rest.
    [Fact]
    public void The_routes_of_the_whole_stream_hold_the_planted_edges_and_what_distractors_wrote()
    {
        (_, _, ResidualLedger ledger) = Demo();
        IReadOnlyList<RouteEdge> edges = ledger.Routes(-1, 0.05);
        Assert.Contains(edges, e => e is { To: "resid_post1@8", From: "resid_pre1@2", Component: { Layer: 1, Head: 1 } });
        Assert.Contains(edges, e => e is { To: "resid_pre1@2", From: "resid_pre0@1", Component: { Layer: 0, Head: 2 } });
        Assert.Contains(edges, e => e is { To: "resid_post1@8", From: "resid_pre1@8", Component: { Layer: 1, Head: 0 } });
        Assert.Contains(edges, e => e is { To: "resid_post1@8", From: "resid_pre1@8", Component: null });
        Assert.True(ledger.Routes(-1, 0.3).Count < edges.Count);
    }

    // With a threshold of almost nothing every part is an edge, biases included: shares of what is read sum to 1.
    [Fact]
    public void Importances_of_all_parts_sum_to_one_in_every_block_style() =>
        Gen.Select(RandomModel.Configs.Where(c => c.Norm != NormKind.None), Gen.Int[0, 1000]).Sample(
            (config, seed) =>
            {
                TransformerModel model = RandomModel.Create(config, seed);
                RunResult run = model.Run(RandomModel.Tokens(5, seed), new RunOptions { Observe = ResidualLedger.RouteNeeds(model) });
                var ledger = new ResidualLedger(model, run.Cache());
                foreach (IGrouping<string, RouteEdge> parts in ledger.Routes(-1, 1e-12).GroupBy(e => e.To))
                {
                    Assert.Equal(1, parts.Sum(e => e.Importance), 1e-6);
                }

                IReadOnlyList<RouteEdge> edges = ledger.RoutesOf(ledger.ReadLogits(-1, run.LogitsAt(0, -1), 3, 7), "logits", 0.1);
                Assert.All(edges.GroupBy(e => (e.To, e.Input)), parts => Assert.True(
                    parts.Key.Input == QkvInput.Value || parts.Key.Input is null || parts.Sum(e => e.Importance) <= 1 + 1e-9));
            },
            iter: 40);

    // The numbers of an FFN's reading sum to what the FFN adds: through recorded gates, experts and norms.
    [Fact]
    public void What_an_ffn_adds_is_a_reading_of_what_it_reads() =>
        Gen.Select(RandomModel.Configs.Where(c => c is { Norm: not NormKind.None, AttnOnly: false }), Gen.Int[0, 1000]).Sample(
            (config, seed) =>
            {
                TransformerModel model = RandomModel.Create(config, seed);
                RunResult run = model.Run(RandomModel.Tokens(5, seed), new RunOptions { Observe = ResidualLedger.RouteNeeds(model) });
                var ledger = new ResidualLedger(model, run.Cache());
                StreamReading logits = ledger.ReadLogits(-1, run.LogitsAt(0, -1), 3, 7);
                StreamReading neurons = ledger.ReadNeurons(logits, 1);
                Decomposition parts = ledger.Attribute(neurons, new DecompositionOptions { Detail = LedgerDetail.Source });
                Assert.True(parts.RelativeError <= 1e-5, $"{config}: {parts.RelativeError}");
                double row = ledger.Attribute(logits, new DecompositionOptions { Detail = LedgerDetail.Component })
                    .Rows.Single(r => r.Component == new Component(ComponentKind.Mlp, 1)).Dla;
                Assert.Equal(row, neurons.Actual, 1e-5 * Math.Max(1, Math.Abs(row)));
            },
            iter: 60);

    [Fact]
    public void Thresholds_that_do_not_fit_are_refused()
    {
        (TransformerModel model, RunResult run, ResidualLedger ledger) = Demo();
        Assert.Contains("found 0", Assert.Throws<InvalidInputException>(() => ledger.Routes(-1, 0)).Message, StringComparison.Ordinal);
        StreamReading reading = ledger.ReadLogits(-1, run.LogitsAt(0, -1), model.Tokenize(DemoModel.Answer)[^1]);
        Assert.Contains(
            "more than 3", Assert.Throws<InvalidInputException>(() => ledger.RoutesOf(reading, "logits", 1e-9, most: 3)).Message,
            StringComparison.Ordinal);
    }

    private static (TransformerModel Model, RunResult Run, ResidualLedger Ledger) Demo()
    {
        TransformerModel model = DemoModel.Create();
        RunResult run = model.Run(model.Tokenize(DemoModel.CleanPrompt), new RunOptions { Observe = ResidualLedger.RouteNeeds(model) });
        return (model, run, new ResidualLedger(model, run.Cache()));
    }
}

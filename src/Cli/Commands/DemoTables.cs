using Interp.Analysis;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>Everything that the story tells of one prompt, over a dozen prompts of the same kind, as tables.</summary>
/// <param name="model">The demo model.</param>
/// <param name="cancellation">Ctrl-C.</param>
internal sealed class DemoTables(TransformerModel model, CancellationToken cancellation)
{
    private const int AgreementTop = 5;
    private const double RouteThreshold = 0.01;

    private static readonly string[] Names = ["Mary", "John", "Anna", "Tom"];
    private static readonly string[] Verbs = ["met", "saw", "told", "helped"];
    private static readonly string[] Places = ["Paris", "Rome", "Oslo", "Lima"];

    /// <summary>
    /// The prompt pairs: <c>A met B in Paris . then A</c>, with another name in the first place in the corrupted prompt. The first is that of
    /// the story.
    /// </summary>
    public IReadOnlyList<PromptPair> Pairs { get; } =
    [
        .. from verb in Enumerable.Range(0, 4)
           from name in Enumerable.Range(0, 3)
           let who = Names[(name + verb) % 4]
           select Pair(model, who, Verbs[verb], Names[(name + verb + 1) % 4], Places[(name + (2 * verb)) % 4], Names[(name + verb + 2) % 4], Verbs[(verb + 1) % 4]),
    ];

    /// <summary>Makes the tables.</summary>
    public IReadOnlyList<ResultTable> All()
    {
        var heads = new SweepOptions { Sites = [HookKind.Z] };
        ResultTable patching = PatchingSweep.Run(model, Pairs, heads, cancellation: cancellation);
        Append(patching, PatchingSweep.Run(
            model, Pairs, new SweepOptions { Sites = [HookKind.ResidPre, HookKind.AttnOut], By = [SweepAxis.Layer, SweepAxis.Position] }, cancellation: cancellation));
        return
        [
            PromptsTable.Of(model, Pairs), patching, AblationSweep.Run(model, Pairs, heads, cancellation: cancellation), .. Readings(),
            PathPatching.Run(model, Pairs, Queries(), cancellation: cancellation),
        ];
    }

    private ResultTable[] Readings()
    {
        var components = new ComponentsTable(model);
        var lens = new LensTable(model);
        FlowTable flow = new(model), agreement = new(model, agreement: true);
        var mixing = new MixingTable(model);
        var routes = new RouteTable(model);
        IReadOnlyList<LensPlace> places = LogitLens.Places(model, "resid");
        RunResult run = model.Run(
            new TokenBatch([.. Pairs.Select(p => p.Clean)]),
            new RunOptions
            {
                Observe =
                [
                    .. ResidualLedger.Needs(model, LedgerDetail.Head), .. ResidualLedger.FlowNeeds(model),
                    .. MixingTable.Needs(model), .. ResidualLedger.RouteNeeds(model),
                    .. places.Select(p => p.Point).Distinct().Select(p => (HookQuery)p),
                ],
            });
        int[] all = [.. Enumerable.Range(0, Pairs[0].Clean.Count)], last = [-1];
        for (int i = 0; i < Pairs.Count; i++)
        {
            PromptPair pair = Pairs[i];
            ResidualLedger ledger = new(model, run.Cache(i));
            components.Add(i, pair, run.Cache(i), run.LogitsAt(i, -1), -1, LedgerDetail.Head);
            lens.Add(i, pair, run, i, places, []);
            IReadOnlyDictionary<FlowEdge, double> measured =
                FlowKnockout.Measure(model, pair, Metric.LogitDiff, last, cancellation: cancellation);
            foreach ((string name, FlowMeasure measure) in new[]
                     {
                         ("attention", FlowMeasure.Attention), ("value-norm", FlowMeasure.ValueNorm), ("alti", FlowMeasure.Alti),
                     })
            {
                FlowMaps maps = ledger.Flow(measure, out _);
                flow.Add(i, pair, name, maps, all, measured, AgreementTop);
                agreement.Add(i, pair, name, maps, last, measured, AgreementTop);
                if (measure == FlowMeasure.Alti)
                {
                    mixing.Add(i, pair, name, maps, run.Cache(i), all);
                }
                else
                {
                    flow.Add(i, pair, name, ledger.Flow(measure, out _, byHead: true), all, measured, AgreementTop);
                }
            }

            flow.Add(i, pair, measured);
            routes.Add(i, pair, ledger.Routes(-1, RouteThreshold));
        }

        agreement.Summarise();
        return [components.Table, lens.Table, flow.Table, agreement.Table, routes.Table, mixing.Table];
    }

    private IReadOnlyList<PathQuery> Queries()
    {
        ModelConfig c = model.Config;
        int last = c.NLayers - 1;
        PathNode[] receivers =
        [
            .. from input in new[] { HeadInput.Q, HeadInput.K, HeadInput.V }
               from head in Enumerable.Range(0, c.NHeads)
               select new PathNode(PathNodeKind.Head, last, head, input),
            PathNode.Logits,
        ];
        return PathPatching.Pairs(
            model, Enumerable.Range(0, c.NHeads).Select(h => new[] { PathNode.OfHead(0, h) }), [.. receivers.Select(r => new[] { r })]);
    }

    private static void Append(ResultTable table, ResultTable more)
    {
        foreach (IReadOnlyList<object?> row in more.Rows)
        {
            table.Add([.. row]);
        }
    }

    private static PromptPair Pair(TransformerModel model, string who, string verb, string whom, string place, string other, string wrong)
    {
        string rest = $"{verb} {whom} in {place} . then {who}";
        return new PromptPair
        {
            Clean = model.Tokenize($"{who} {rest}"),
            Corrupted = model.Tokenize($"{other} {rest}"),
            Answers = [AnswerToken.Find(model, verb, "answer")],
            Wrongs = [AnswerToken.Find(model, wrong, "wrong")],
        };
    }
}

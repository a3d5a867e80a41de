using System.Globalization;
using Interp.Analysis;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>
/// <c>interp flow</c>: information flow between tokens; tables <c>flow</c>, <c>flow_agreement</c>, <c>mixing</c>, <c>flow_edges</c>.
/// </summary>
internal sealed class FlowCommand : ToolCommand
{
    private const int Top = 5;

    private readonly ModelOptions _model;
    private readonly InputOptions _input;
    private readonly FlowOptions _flow;
    private readonly TableOptions _table;

    public FlowCommand()
        : base(
            "flow",
            "How much each position took from each other, layer by layer (tables `flow`, `flow_agreement`), how layers mix (`mixing`), and the "
            + "routes of a prediction (`flow_edges`).")
    {
        _model = new ModelOptions(this);
        _input = new InputOptions(this, PromptParts.Answers);
        _flow = new FlowOptions(this);
        _table = new TableOptions(this, report: true, prompts: true);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        _table.Check(session);
        _flow.Check(session);
        TransformerModel model = _model.Load(session);
        IReadOnlyList<PromptPair> pairs = _input.Read(session, model);
        for (int i = 0; i < pairs.Count; i++)
        {
            Array.ForEach(_flow.Positions(session), p => Positions.Resolve(p, pairs[i].Clean.Count, $"prompt {IndexColumns.Number(pairs, i)}"));
        }

        switch (_flow.Result(session))
        {
            case FlowResult.Routes:
                Routes(session, model, pairs);
                break;
            case FlowResult.Mixing:
                Mixing(session, model, pairs);
                break;
            default:
                Maps(session, model, pairs);
                break;
        }
    }

    private void Maps(Session session, TransformerModel model, IReadOnlyList<PromptPair> pairs)
    {
        bool agreement = _flow.Result(session) == FlowResult.Agreement;
        string[] measures = _flow.Measures(session);
        int[] positions = _flow.Positions(session);
        int window = _flow.Window(session), threads = _model.Threads(session);
        var table = new FlowTable(model, agreement, IndexColumns.Named(pairs), window);
        using var rows = new GrowingTable(session, _table, table.Table);
        double worst = 0;
        foreach ((int prompt, RunResult run, int sequence) in PromptRuns.Each(session, model, pairs, Recorded(session, model), 1))
        {
            PromptPair pair = pairs[prompt];
            var ledger = new ResidualLedger(model, run.Cache(sequence));
            IReadOnlyDictionary<FlowEdge, double>? effects = _flow.Measured(session)
                ? FlowKnockout.Measure(
                    model, pair, pair.Wrongs.Count > 0 ? Metric.LogitDiff : Metric.Logit, positions, _flow.ByHead(session),
                    window, threads, _model.Memory(session), session.Cancellation)
                : null;
            foreach (string name in measures)
            {
                if (FlowOptions.MeasureOf(name) is not { } measure)
                {
                    table.Add(prompt, pair, effects!);
                    continue;
                }

                FlowMaps maps = ledger.Flow(measure, out double error, _flow.ByHead(session), threads);
                worst = Math.Max(worst, error);
                table.Add(prompt, pair, name, _flow.Finish(session, maps), positions, effects, Top);
            }

            rows.Pass();
        }

        table.Summarise();
        rows.Finish(() => Print(session, table.Table, agreement ? null : "value"));
        Close(session, worst);
    }

    private void Mixing(Session session, TransformerModel model, IReadOnlyList<PromptPair> pairs)
    {
        var table = new MixingTable(model, IndexColumns.Named(pairs));
        using var rows = new GrowingTable(session, _table, table.Table);
        double worst = 0;
        foreach ((int prompt, RunResult run, int sequence) in PromptRuns.Each(session, model, pairs, Recorded(session, model), 1))
        {
            ActivationCache cache = run.Cache(sequence);
            foreach (string name in _flow.Measures(session))
            {
                FlowMaps maps = new ResidualLedger(model, cache).Flow(
                    FlowOptions.MeasureOf(name)!.Value, out double error, threads: _model.Threads(session));
                worst = Math.Max(worst, error);
                table.Add(prompt, pairs[prompt], name, _flow.Finish(session, maps), cache, _flow.Positions(session));
            }

            rows.Pass();
        }

        rows.Finish(() => Print(session, table.Table, null));
        Close(session, worst);
    }

    private void Routes(Session session, TransformerModel model, IReadOnlyList<PromptPair> pairs)
    {
        var table = new RouteTable(model, IndexColumns.Named(pairs));
        using var rows = new GrowingTable(session, _table, table.Table);
        double threshold = _flow.LeastImportance(session);
        var options = new RunOptions { Observe = ResidualLedger.RouteNeeds(model), Threads = _model.Threads(session) };
        foreach ((int prompt, RunResult run, int sequence) in PromptRuns.Each(session, model, pairs, options, 1))
        {
            PromptPair pair = pairs[prompt];
            if (pair.Answers.Count > 1 || pair.Wrongs.Count > 1 || (pair.Wrongs.Count > 0 && pair.Answers.Count == 0))
            {
                throw new InvalidInputException(
                    $"prompt {IndexColumns.Number(pairs, prompt)}: routes are of one answer, and at most one wrong token beside it; found {pair.Answers.Count} and {pair.Wrongs.Count}");
            }

            var ledger = new ResidualLedger(model, run.Cache(sequence));
            foreach (int position in _flow.Positions(session))
            {
                table.Add(prompt, pair, pair.Answers.Count == 0
                    ? ledger.Routes(position, threshold)
                    : ledger.RoutesOf(
                        ledger.ReadLogits(
                            position, run.LogitsAt(sequence, position), pair.Answers[0], pair.Wrongs.Count > 0 ? pair.Wrongs[0] : null),
                        "logits", threshold));
            }

            rows.Pass();
        }

        rows.Finish(() => Print(session, table.Table, null));
    }

    private RunOptions Recorded(Session session, TransformerModel model) => new()
    {
        Observe =
        [
            .. ResidualLedger.FlowNeeds(model, [.. _flow.Measures(session).Select(FlowOptions.MeasureOf).OfType<FlowMeasure>()])
                .Concat(_flow.Result(session) == FlowResult.Mixing ? MixingTable.Needs(model) : []).Distinct(),
        ],
        MemoryBudget = _model.RunMemory(session, model),
        Threads = _model.Threads(session),
    };

    private static void Close(Session session, double worst) =>
        session.Note(string.Create(CultureInfo.InvariantCulture, $"parts add up: relative error {worst:0.0e+0}"));

    /// <summary>The table for people, sorted by a column where one is named.</summary>
    private static void Print(Session session, ResultTable table, string? sorted)
    {
        IReadOnlyList<object?>[] rows =
            [.. sorted is null ? table.Rows.AsEnumerable() : table.Rows.OrderByDescending(r => (double)r[table.IndexOf(sorted)]!)];
        var people = new PeopleTable([.. table.Columns.Select(c => c.Type == ColumnType.Text ? c.Name : "#" + c.Name)]);
        foreach (IReadOnlyList<object?> row in rows.Take(PeopleRows.Most))
        {
            people.Add([.. row]);
        }

        people.Print(session.Output);
        PeopleRows.Remainder(session, Math.Min(rows.Length, PeopleRows.Most), rows.Length);
    }
}

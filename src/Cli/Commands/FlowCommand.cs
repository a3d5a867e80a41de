using System.CommandLine;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary><c>interp flow</c>: information flow between tokens; tables <c>flow</c>, <c>flow_agreement</c>.</summary>
internal sealed class FlowCommand : ToolCommand
{
    private const int Top = 5;

    private static readonly (string Name, FlowMeasure Measure)[] Maps =
    [
        ("attention", FlowMeasure.Attention), ("value-norm", FlowMeasure.ValueNorm), ("block-norm", FlowMeasure.BlockNorm),
        ("alti", FlowMeasure.Alti), ("decompx", FlowMeasure.DecompX),
    ];

    private readonly ModelOptions _model;
    private readonly InputOptions _input;
    private readonly TableOptions _table;
    private readonly Option<string[]> _measure = Opt.List(
        "--measure", "NAMES", "attention, value-norm, block-norm, alti; knockout: measured, the metric with an edge cut in all heads of a "
        + "layer (needs --answer). [default: value-norm]");

    private readonly Option<int[]> _pos = Opt.Ints("--pos", "N", "Destinations: 0-based, negative from the end.", -1);
    private readonly ChoiceOption<string> _by = new(
        "--by", "Whether heads are told apart; the residual path then has rows without a head.", ("layer", "layer"), ("head", "head"));

    private readonly Option<bool> _rollout = Opt.Switch("--rollout", "Maps from each layer to the tokens of the input, instead of to the layer below.");
    private readonly Option<bool> _agreement = Opt.Switch(
        "--agreement", "How well each map agrees with the knockout (table `flow_agreement`): rank correlation and top-5 overlap over all layers "
        + "and sources, per prompt, and their mean with a 95 % interval over prompts.");

    public FlowCommand()
        : base("flow", "How much each position took from each other, layer by layer (tables `flow`, `flow_agreement`).")
    {
        _model = new ModelOptions(this);
        _input = new InputOptions(this, InputParts.Answers);
        foreach (Option option in new Option[] { _measure, _by, _pos, _rollout, _agreement })
        {
            Add(option);
        }

        _table = new TableOptions(this);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        _table.Check(session);
        string[] measures = session.Get(_measure) is { Length: > 0 } given ? given : ["value-norm"];
        foreach (string name in measures.Where(m => m != "knockout" && Maps.All(k => k.Name != m)))
        {
            throw new InvalidInputException(
                $"--measure: expected some of {string.Join(", ", Maps.Select(k => k.Name))}, knockout, found '{name}'");
        }

        if (session.Get(_rollout) && (measures.Contains("knockout") || session.Get(_agreement)))
        {
            throw new InvalidInputException("--rollout: a knockout is measured layer by layer; leave --rollout out");
        }

        bool byHead = session.Get(_by) == "head";
        if (session.Get(_rollout) && byHead)
        {
            throw new InvalidInputException("--rollout: what reaches a layer has come through all heads; leave --by head out");
        }

        TransformerModel model = _model.Load(session);
        IReadOnlyList<PromptPair> pairs = _input.Read(session, model);
        int[] positions = session.Get(_pos);
        for (int i = 0; i < pairs.Count; i++)
        {
            Array.ForEach(positions, p => Positions.Resolve(p, pairs[i].Clean.Count, $"prompt {i}"));
        }

        var table = new FlowTable(model, session.Get(_agreement), IndexColumns.Named(pairs));
        var options = new RunOptions
        {
            Observe = ResidualLedger.FlowNeeds(model),
            MemoryBudget = _model.RunMemory(session, model),
            Threads = _model.Threads(session),
        };
        double worst = 0;
        foreach ((int prompt, RunResult run, int sequence) in PromptRuns.Each(session, model, pairs, options, 1))
        {
            PromptPair pair = pairs[prompt];
            var ledger = new ResidualLedger(model, run.Cache(sequence));
            IReadOnlyDictionary<FlowEdge, double>? effects = measures.Contains("knockout") || session.Get(_agreement)
                ? FlowKnockout.Measure(
                    model, pair, new Metric(pair.Wrongs.Count > 0 ? MetricKind.LogitDiff : MetricKind.Logit), positions, byHead,
                    _model.Threads(session), _model.Memory(session), session.Cancellation)
                : null;
            foreach (string measure in measures)
            {
                if (measure == "knockout")
                {
                    table.Add(prompt, pair, effects!);
                    continue;
                }

                FlowMaps maps = ledger.Flow(Maps.Single(k => k.Name == measure).Measure, out double error, byHead, _model.Threads(session));
                worst = Math.Max(worst, error);
                table.Add(prompt, pair, measure, session.Get(_rollout) ? maps.Rollout() : maps, positions, effects, Top);
            }
        }

        table.Summarise();
        _table.Emit(session, table.Table, () => Print(session, table.Table));
        session.Note(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"parts add up: relative error {worst:0.0e+0}"));
    }

    private static void Print(Session session, ResultTable table)
    {
        IReadOnlyList<object?>[] rows = [.. table.Name == "flow" ? table.Rows.OrderByDescending(r => (double)r[^1]!) : table.Rows.AsEnumerable()];
        var people = new PeopleTable([.. table.Columns.Select(c => c.Type == ColumnType.Text ? c.Name : "#" + c.Name)]);
        foreach (IReadOnlyList<object?> row in rows.Take(PeopleRows.Most))
        {
            people.Add([.. row]);
        }

        people.Print(session.Output);
        PeopleRows.Remainder(session, Math.Min(rows.Length, PeopleRows.Most), rows.Length);
    }
}

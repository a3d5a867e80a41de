using System.CommandLine;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary><c>interp path</c>: path patching; table <c>paths</c>.</summary>
internal sealed class PathCommand : ToolCommand
{
    private readonly ModelOptions _model;
    private readonly InputOptions _input;
    private readonly MeasureOptions _measure;
    private readonly TableOptions _table;
    private readonly Option<string[]> _from = Opt.List(
        "--from", "NODES", "Senders: embed, heads such as 9.6, FFNs such as m5, or all `heads`, all `mlps`.");

    private readonly Option<string[]> _to = Opt.List(
        "--to", "NODES", "Receivers: inputs of heads such as 10.7.q (k and v: key-value heads), FFNs such as m5, logits.");

    private readonly Option<string[]> _freeze = Opt.List(
        "--freeze", "PARTS", "What stays at its base value on the way: heads,mlps,norms, or none. [default: heads]");

    private readonly Option<string[]> _by = Opt.List(
        "--by", "from,to", "What is told apart: each sender (from), each receiver (to). [default: neither, all together]");

    private readonly Option<int[]> _positions = Opt.Ints("--positions", "LIST", "Positions at which receivers see the change.");
    private readonly ChoiceOption<PatchDirection> _direction = new(
        "--direction", "noise = senders as in the corrupted run, into the clean run; denoise = the other way.",
        ("noise", PatchDirection.Noise), ("denoise", PatchDirection.Denoise));

    private readonly Option<int> _seed = Opt.Int(CommonOptions.Seed, "N", "Seed of the statistics of --summary.", 0);

    public PathCommand()
        : base("path", "Path patching: what senders write reaches chosen receivers only (table `paths`).")
    {
        _model = new ModelOptions(this);
        _input = new InputOptions(this, PromptParts.Answers | PromptParts.Corrupted | PromptParts.Metric);
        foreach (Option option in new Option[] { _from, _to, _freeze, _by, _positions, _direction })
        {
            Add(option);
        }

        _measure = new MeasureOptions(this);
        Add(_seed);
        _table = new TableOptions(this, report: true, prompts: true);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        _table.Check(session);
        int threads = _model.Threads(session);
        Metric metric = _measure.Metric(session);
        ExecutionOptions execution = _measure.Execution(session, _model, _table.FileOf(session, "paths"));
        TransformerModel model = _model.Load(session);
        IReadOnlyList<PathQuery> queries = Queries(session, model);
        IReadOnlyList<PromptPair> pairs = _input.Read(session, model, metric.NeedsAnswer);
        var options = new PathOptions
        {
            Freeze = Freeze(session.Get(_freeze)),
            Direction = session.Get(_direction),
            Positions = session.Get(_positions),
            Metric = _measure.ForPrompts(session, metric, pairs),
        };
        SweepView.Run(
            session, _table, "paths",
            call => PathPatching.Run(model, pairs, queries, options, call.Apply(execution), session.Cancellation),
            _measure.Result(session, session.Get(_seed), threads, execution.Journal));
    }

    private IReadOnlyList<PathQuery> Queries(Session session, TransformerModel model)
    {
        PathNode[] from = Nodes(session, _from, model), to = Nodes(session, _to, model);
        string[] by = session.Get(_by);
        if (by.FirstOrDefault(b => b is not ("from" or "to")) is { } unknown)
        {
            throw new InvalidInputException($"by '{unknown}': expected from, to or both");
        }

        return by.Length == 0
            ? [new PathQuery(from, to)]
            : PathPatching.Pairs(
                model, by.Contains("from") ? from.Select(n => new[] { n }) : [from], by.Contains("to") ? [.. to.Select(n => new[] { n })] : [to]);
    }

    private static PathNode[] Nodes(Session session, Option<string[]> option, TransformerModel model)
    {
        ModelConfig c = model.Config;
        PathNode[] nodes =
        [
            .. session.Get(option).SelectMany(text => text switch
            {
                "heads" => from l in Enumerable.Range(0, c.NLayers) from h in Enumerable.Range(0, c.NHeads) select PathNode.OfHead(l, h),
                "mlps" when c.AttnOnly => throw new InvalidInputException($"{option.Name} mlps: the model has attention only"),
                "mlps" => Enumerable.Range(0, c.NLayers).Select(PathNode.OfMlp),
                _ => [PathNode.Parse(text)],
            }),
        ];
        foreach (PathNode node in nodes)
        {
            node.Require(c.Outline);
        }

        return nodes.Length > 0 ? nodes : throw new InvalidInputException($"{option.Name}: expected at least one node, found none");
    }

    private static PathFreeze Freeze(string[] parts)
    {
        PathFreeze freeze = PathFreeze.None;
        foreach (string part in parts.Length == 0 ? ["heads"] : parts)
        {
            freeze |= part switch
            {
                "heads" => PathFreeze.Heads,
                "mlps" => PathFreeze.Mlps,
                "norms" => PathFreeze.Norms,
                "none" when parts.Length == 1 => PathFreeze.None,
                _ => throw new InvalidInputException($"freeze '{part}': expected some of heads, mlps, norms, or none alone"),
            };
        }

        return freeze;
    }
}

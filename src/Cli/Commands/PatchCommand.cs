using System.CommandLine;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary><c>interp patch</c>: an activation-patching sweep; table <c>patching</c>.</summary>
internal sealed class PatchCommand : ToolCommand
{
    private readonly ModelOptions _model;
    private readonly InputOptions _input;
    private readonly SweepOptionSet _sweep;
    private readonly MeasureOptions _measure;
    private readonly Option<int> _seed = Opt.Int(CommonOptions.Seed, "N", "Seed of the statistics of --summary.", 0);
    private readonly TableOptions _table;
    private readonly ChoiceOption<PatchDirection> _direction = new(
        "--direction", "denoise = clean activations into the corrupted run; noise = corrupted ones into the clean run.",
        ("denoise", PatchDirection.Denoise), ("noise", PatchDirection.Noise));

    public PatchCommand()
        : base("patch", "Activation patching: one activation of one run is replaced by that of another (table `patching`).")
    {
        _model = new ModelOptions(this);
        _input = new InputOptions(this, PromptParts.Answers | PromptParts.Corrupted | PromptParts.Spans | PromptParts.Metric);
        _sweep = new SweepOptionSet(this);
        Add(_direction);
        _measure = new MeasureOptions(this);
        Add(_seed);
        _table = new TableOptions(this, report: true, prompts: true);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        _table.Check(session);
        int threads = _model.Threads(session);
        SweepOptions options = _sweep.Read(session) with { Metric = _measure.Metric(session) };
        ExecutionOptions execution = _measure.Execution(session, _model, _table.FileOf(session, "patching"));
        TransformerModel model = _model.Load(session);
        IReadOnlyList<PromptPair> pairs = _input.Read(session, model, options.Metric.NeedsAnswer);
        options = options with { Metric = _measure.ForPrompts(session, options.Metric, pairs) };
        PatchDirection direction = session.Get(_direction);
        MissingPlaces.Tell(session, pairs, options.Spans, options.Positions, direction == PatchDirection.Denoise);
        SweepView.Run(
            session, _table, "patching",
            call => PatchingSweep.Run(model, pairs, options, direction, call.Apply(execution), session.Cancellation),
            _measure.Result(
                session, session.Get(_seed), threads, execution.Journal,
                Alignment.Problem(session, model, pairs, options, direction == PatchDirection.Denoise), Alignment.IsTold(options)));
    }
}

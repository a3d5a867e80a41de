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
    private readonly TableOptions _table;
    private readonly ChoiceOption<PatchDirection> _direction = new(
        "--direction", "denoise = clean activations into the corrupted run; noise = corrupted ones into the clean run.",
        ("denoise", PatchDirection.Denoise), ("noise", PatchDirection.Noise));

    public PatchCommand()
        : base("patch", "Activation patching: one activation of one run is replaced by that of another (table `patching`).")
    {
        _model = new ModelOptions(this);
        _input = new InputOptions(this, InputParts.Answers | InputParts.Corrupted);
        _sweep = new SweepOptionSet(this);
        Add(_direction);
        _table = new TableOptions(this);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        _table.Check(session);
        SweepOptions options = _sweep.Read(session, _model.Threads(session));
        TransformerModel model = _model.Load(session);
        IReadOnlyList<PromptPair> pairs = _input.Read(session, model);
        SweepOptionSet.CheckPosition(options, pairs);
        PatchDirection direction = session.Get(_direction);
        ResultTable table = SweepView.Run(session, _table, "patching", progress => PatchingSweep.Run(
            model, pairs, options with { Progress = progress }, direction, session.Cancellation));
        if (table.Values("effect").Any(e => e is null))
        {
            session.Note("effect is null where both plain runs measure the same: there is nothing to restore or to break");
        }
    }
}

using System.CommandLine;
using Interp.Analysis;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary><c>interp ablate</c>: an ablation sweep; table <c>ablation</c>.</summary>
internal sealed class AblateCommand : ToolCommand
{
    private readonly ModelOptions _model;
    private readonly InputOptions _input;
    private readonly SweepOptionSet _sweep;
    private readonly TableOptions _table;
    private readonly Option<string> _with = Opt.Text(
        "--with", "zero|mean|mean-pos|resample", "What takes the activation's place; means are over all prompts given.", "zero");

    private readonly Option<int> _seed = Opt.Int(CommonOptions.Seed, "N", "Seed of the choice of other prompts for resample.", 0);

    public AblateCommand()
        : base("ablate", "Ablation: one activation is replaced by something that knows nothing of the prompt (table `ablation`).")
    {
        _model = new ModelOptions(this);
        _input = new InputOptions(this, InputParts.Answers);
        _sweep = new SweepOptionSet(this);
        Add(_with);
        Add(_seed);
        _table = new TableOptions(this);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        _table.Check(session);
        AblationKind kind = AblationSweep.ParseKind(session.Get(_with));
        SweepOptions options = _sweep.Read(session, _model.Threads(session));
        TransformerModel model = _model.Load(session);
        IReadOnlyList<PromptPair> pairs = _input.Read(session, model);
        SweepOptionSet.CheckPosition(options, pairs);
        SweepView.Run(session, _table, "ablation", progress => AblationSweep.Run(
            model, pairs, options with { Progress = progress }, kind, session.Get(_seed), session.Cancellation));
    }
}

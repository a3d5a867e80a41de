using System.CommandLine;
using Interp.Analysis;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary><c>interp ablate</c>: an ablation sweep; table <c>ablation</c>.</summary>
internal sealed class AblateCommand : ToolCommand
{
    private const string Noise = "noise";

    private readonly ModelOptions _model;
    private readonly InputOptions _input;
    private readonly SweepOptionSet _sweep;
    private readonly MeasureOptions _measure;
    private readonly TableOptions _table;
    private readonly Option<string> _with = Opt.Text(
        "--with", "zero|mean|mean-pos|mean-group|resample|resample-group|noise",
        "What takes the activation's place. Means and donors are of the prompts given or of --reference-data, of the same group with "
        + "-group. noise = causal tracing: embeddings are corrupted, each cell is restored.", "zero");

    private readonly Option<string?> _reference = Opt.Text(
        "--reference-data", "FILE", "Prompts (.jsonl, .csv) that means and donors come from instead.");

    private readonly Option<double?> _level = Opt.Number(
        "--noise-level", "X", "Deviation of the noise, in standard deviations of the corrupted embeddings. [default: 3]");

    private readonly Option<int> _draws = Opt.Int("--draws", "N", "Draws of noise for each prompt.", 10, 1);
    private readonly Option<int[]> _noisePositions = Opt.Ints("--noise-positions", "LIST", "Positions whose embeddings are corrupted.");
    private readonly Option<string?> _noiseSpan = Opt.Text("--noise-span", "NAME", "Named span whose embeddings are corrupted, such as subject.");
    private readonly Option<int> _seed = Opt.Int(CommonOptions.Seed, "N", "Seed of donors, noise and statistics.", 0);

    public AblateCommand()
        : base("ablate", "Ablation: one activation is replaced by something that knows nothing of the prompt (table `ablation`).")
    {
        _model = new ModelOptions(this);
        _input = new InputOptions(this, PromptParts.Answers | PromptParts.Spans | PromptParts.Metric);
        _sweep = new SweepOptionSet(this);
        foreach (Option option in new Option[] { _with, _reference, _level, _draws, _noisePositions, _noiseSpan, _seed })
        {
            Add(option);
        }

        _measure = new MeasureOptions(this);
        _table = new TableOptions(this, report: true, prompts: true);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        _table.Check(session);
        string with = session.Get(_with);
        bool noise = with == Noise;
        int seed = session.Get(_seed), threads = _model.Threads(session);
        AblationOptions ablation = noise ? new AblationOptions() : AblationOptions.Parse(with) with { Seed = seed };
        RefuseOthers(session, noise ? [_reference] : [_level, _draws, _noisePositions, _noiseSpan], with);
        SweepOptions options = _sweep.Read(session) with { Metric = _measure.Metric(session) };
        ExecutionOptions execution = _measure.Execution(session, _model, _table.FileOf(session, "ablation"));
        TransformerModel model = _model.Load(session);
        IReadOnlyList<PromptPair> pairs = _input.Read(session, model, options.Metric.NeedsAnswer);
        options = options with { Metric = _measure.ForPrompts(session, options.Metric, pairs) };
        if (session.Get(_reference) is { } file)
        {
            ablation = ablation with { Reference = _input.ReadPrompts(session, model, file) };
        }

        if (ablation.Kind == AblationKind.MeanByPosition && PositionMeans.Difference([.. pairs, .. ablation.Reference]) is { } difference)
        {
            session.Remark($"--with {with}: {difference}; the means are of positions that are counted from the start");
        }

        MissingPlaces.Tell(session, pairs, options.Spans, options.Positions, corrupted: false);
        SweepView.Run(
            session, _table, "ablation",
            call => noise
                ? CausalTracing.Run(model, pairs, options, NoiseOf(session, seed), call.Apply(execution), session.Cancellation)
                : AblationSweep.Run(model, pairs, options, ablation, call.Apply(execution), session.Cancellation),
            _measure.Result(
                session, seed, threads, execution.Journal, Alignment.Problem(session, model, pairs, options), Alignment.IsTold(options)));
    }

    private NoiseOptions NoiseOf(Session session, int seed) => new()
    {
        Span = session.Get(_noiseSpan),
        Positions = session.Get(_noisePositions),
        Level = session.Get(_level) ?? 3,
        Draws = session.Get(_draws),
        Seed = seed,
    };

    private static void RefuseOthers(Session session, Option[] options, string with)
    {
        if (Array.Find(options, session.Has) is { } contradictory)
        {
            throw new InvalidInputException(
                $"{contradictory.Name}: not read --with {with}; expected it {(with == Noise ? "without" : "with")} noise");
        }
    }
}

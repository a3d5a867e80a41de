using System.CommandLine;
using Interp.Analysis;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary><c>interp knockout</c>: attention knockout; table <c>knockout</c>.</summary>
internal sealed class KnockoutCommand : ToolCommand
{
    private readonly ModelOptions _model;
    private readonly InputOptions _input;
    private readonly SweepOptionSet _sweep;
    private readonly MeasureOptions _measure;
    private readonly TableOptions _table;
    private readonly Option<string?> _source = Opt.Text("--src", "LIST|SPAN", "Positions that are not read any more, or a named span. [default: all]");
    private readonly Option<string?> _destination = Opt.Text("--dst", "LIST|SPAN", "Positions that cannot read them, or a named span. [default: all]");
    private readonly ChoiceOption<bool> _renormalize = new(
        "--renormalize", "Whether the attention that remains sums to one.", ("true", true), ("false", false));

    private readonly Option<int> _seed = Opt.Int(CommonOptions.Seed, "N", "Seed of the statistics of --summary.", 0);

    public KnockoutCommand()
        : base("knockout", "Attention knockout: chosen positions are kept from reading others (table `knockout`).")
    {
        _model = new ModelOptions(this);
        _input = new InputOptions(this, PromptParts.Answers | PromptParts.Spans | PromptParts.Metric);
        Add(_source);
        Add(_destination);
        _sweep = new SweepOptionSet(this, sites: false);
        Add(_renormalize);
        _measure = new MeasureOptions(this);
        Add(_seed);
        _table = new TableOptions(this, report: true, prompts: true);
        CommonOptions.AddTo(this);
    }

    public override void Execute(Session session)
    {
        _table.Check(session);
        int threads = _model.Threads(session);
        (int[] sources, string? sourceSpan) = Place(_source.Name, session.Get(_source));
        (int[] destinations, string? span) = Place(_destination.Name, session.Get(_destination));
        ExecutionOptions execution = _measure.Execution(session, _model, _table.FileOf(session, "knockout"));
        SweepOptions options = _sweep.Read(session) with
        {
            Metric = _measure.Metric(session),
            Positions = destinations,
            Spans = span is null ? [] : [span],
        };
        TransformerModel model = _model.Load(session);
        IReadOnlyList<PromptPair> pairs = _input.Read(session, model, options.Metric.NeedsAnswer);
        options = options with { Metric = _measure.ForPrompts(session, options.Metric, pairs) };
        var knockout = new KnockoutOptions
        {
            Sources = sources,
            SourceSpan = sourceSpan,
            Renormalize = session.Get(_renormalize),
        };
        MissingPlaces.Tell(
            session, pairs, [.. options.Spans, .. sourceSpan is null ? Array.Empty<string>() : [sourceSpan]], [.. destinations, .. sources],
            corrupted: false);
        SweepView.Run(
            session, _table, "knockout",
            call => KnockoutSweep.Run(model, pairs, options, knockout, call.Apply(execution), session.Cancellation),
            _measure.Result(
                session, session.Get(_seed), threads, execution.Journal,
                Alignment.Problem(session, model, pairs, Cut(options, sources.Length > 0)), Alignment.IsTold(options)));
    }

    // The axes of the edges that are cut; sources that are listed count from where they say.
    private static SweepOptions Cut(SweepOptions options, bool listed) => options with
    {
        Sites = [HookKind.Pattern],
        By = [.. (options.By.Count > 0 ? options.By : [SweepAxis.Layer]).Where(axis => !(listed && axis == SweepAxis.Source))],
    };

    private static (int[] Positions, string? Span) Place(string option, string? text) => text switch
    {
        null or "all" => ([], null),
        _ when text.Length > 0 && (char.IsDigit(text[0]) || text[0] == '-') => (TokenIds.Parse(text, option), null),
        _ => ([], text),
    };
}

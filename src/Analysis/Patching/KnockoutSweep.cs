using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Which attention edges a knockout cuts, beside what the sweep options say.</summary>
public sealed record KnockoutOptions
{
    /// <summary>Source positions, negative from each prompt's end; empty = all.</summary>
    public IReadOnlyList<int> Sources { get; init; } = [];

    /// <summary>A named span of source positions; null = none.</summary>
    public string? SourceSpan { get; init; }

    /// <summary>
    /// True: the remaining attention sums to one, as in the paper. False: it stays as it was, and the row sums to less.
    /// </summary>
    public bool Renormalize { get; init; } = true;
}

/// <summary>
/// Attention knockout (Geva et al. 2023, "Dissecting Recall of Factual Associations in Auto-Regressive Language Models"):
/// destinations are kept from reading sources, at chosen heads, in a window of layers, and the metric is read.
/// </summary>
public static class KnockoutSweep
{
    /// <summary>Cuts the edges of every cell in the clean runs.</summary>
    /// <param name="model">The model.</param>
    /// <param name="pairs">The prompts; corrupted prompts are not used.</param>
    /// <param name="options">
    /// Positions and spans (destinations), layers, heads, window, metric, and what is told apart by layer, head, pos, span,
    /// src_pos; empty = layer. It cuts attention: sites are none.
    /// </param>
    /// <param name="knockout">Sources, and whether what remains is renormalised.</param>
    /// <param name="execution">How it is computed; null = with the default engine, all rows in the table.</param>
    /// <param name="cancellation">Stops between runs.</param>
    /// <returns>Table <c>knockout</c>; effect = patched - clean, in units of the metric.</returns>
    /// <exception cref="InvalidInputException">A prompt, position, head or axis does not fit.</exception>
    /// <exception cref="SweepStoppedException">Cancelled; it carries the rows of the finished cells.</exception>
    public static ResultTable<KnockoutRow> Run(
        TransformerModel model,
        IReadOnlyList<PromptPair> pairs,
        SweepOptions options,
        KnockoutOptions? knockout = null,
        ExecutionOptions? execution = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(options);
        knockout ??= new KnockoutOptions();
        execution ??= new ExecutionOptions();
        if (options.Sites.Count > 0)
        {
            throw new InvalidInputException($"sites: a knockout cuts attention, expected none, found {string.Join(',', options.Sites)}");
        }

        options = options with
        {
            Sites = [knockout.Renormalize ? HookKind.AttnScores : HookKind.Pattern],
            By = options.By.Count > 0 ? options.By : [SweepAxis.Layer],
        };
        SweepInput.Require(model, pairs, options, corrupted: false);
        if (knockout.SourceSpan is not null && (knockout.Sources.Count > 0 || options.By.Contains(SweepAxis.Source)))
        {
            throw new InvalidInputException(
                $"sources: the span '{knockout.SourceSpan}' is cut as a whole; expected "
                + (knockout.Sources.Count > 0 ? "a span or positions, found both" : "it without src_pos among what is told apart"));
        }

        CellPlace sources = knockout.SourceSpan is { } span ? CellPlace.Span(span)
            : knockout.Sources.Count > 0 ? CellPlace.Of(knockout.Sources) : CellPlace.All;
        if (knockout.SourceSpan is not null && pairs.All(p => sources.In(p) is []))
        {
            throw new InvalidInputException($"span '{knockout.SourceSpan}': no prompt has it; {PromptPair.KnownSpans(pairs)}");
        }

        int longest = pairs.Max(p => p.Clean.Count);
        if (knockout.Sources.Where(s => s >= longest || s < -longest).Cast<int?>().FirstOrDefault() is { } outside)
        {
            throw new InvalidInputException(
                $"source position {outside}: the longest prompt has {longest} tokens, expected {-longest}..{longest - 1}");
        }

        // Sources told apart: those that are listed, or all that a destination sees.
        IEnumerable<SweepCell> all = new SweepCells(model.Hooks, options, pairs, corrupted: false).All(_ => []);
        IReadOnlyList<SweepCell> covered =
        [
            .. !options.By.Contains(SweepAxis.Source) ? all.Select(c => c with { Sources = sources })
                : knockout.Sources.Count == 0 ? all
                : from c in all.DistinctBy(c => (c.Point, c.Head, c.Place))
                  from source in knockout.Sources.Distinct()
                  select c with { Sources = CellPlace.At(source) },
        ];
        var runner = new SweepExecution(model, options.Metric, execution, PromptPair.Rows(pairs));
        TokenBatch prompts = PromptPair.Batch(pairs);
        BaseRuns runs = runner.Plain(pairs, prompts, null);
        var cells = new CellPlan(model.Hooks, covered, pairs, corrupted: false);
        ResultTable<KnockoutRow> table = TableSchemas.Knockout.Create().From(model, pairs);
        var rows = new TableBatches(table, execution.Sink);
        SweepPlan plan = cells.Of($"knockout {knockout.Renormalize}", prompts, Intervene);
        if (plan.Items().Count == 0)
        {
            throw new InvalidInputException(
                "knockout: no destination asked for can attend to a source asked for, in any prompt and layer");
        }

        runner.Fill(plan, runs, rows, Add, cancellation);
        return table;

        IEnumerable<Intervention> Intervene(PromptCell cell) =>
            from point in cell.Points
            let scope = cell.Scope(point)
            select new KnockOut(point.Layer, scope.Positions, scope.Sources, scope.Heads, knockout.Renormalize);

        void Add(int index, int prompt, double patched)
        {
            PromptCell own = cells[index, prompt];
            SweepCell cell = own.Cell;
            rows.Add(new KnockoutRow(
                own.Pair.Row ?? prompt, own.Pair.Id, own.Pair.Group, cell.Layer, cell.Head, own.Position, own.Source, cell.Place.Name,
                cell.Sources.Name, options.Window, knockout.Renormalize ? "true" : "false", options.Metric.Name, runs.Clean[prompt], null, patched,
                patched - runs.Clean[prompt]));
        }
    }
}

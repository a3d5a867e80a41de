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
    /// src_pos; empty = layer. Sites are not read.
    /// </param>
    /// <param name="knockout">Sources, and whether what remains is renormalised.</param>
    /// <param name="cancellation">Stops between runs.</param>
    /// <returns>Table <c>knockout</c>; effect = patched - clean, in units of the metric.</returns>
    /// <exception cref="InvalidInputException">A prompt, position, head or axis does not fit.</exception>
    /// <exception cref="SweepStoppedException">Cancelled; it carries the rows of the finished cells.</exception>
    public static ResultTable Run(
        TransformerModel model,
        IReadOnlyList<PromptPair> pairs,
        SweepOptions options,
        KnockoutOptions? knockout = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(options);
        knockout ??= new KnockoutOptions();
        options = options with
        {
            Sites = [knockout.Renormalize ? "attn_scores" : "pattern"],
            By = options.By.Count > 0 ? options.By : ["layer"],
        };
        SweepInput.Require(model, pairs, options, corrupted: false);
        if (knockout.SourceSpan is not null && (knockout.Sources.Count > 0 || options.By.Contains("src_pos")))
        {
            throw new InvalidInputException("sources: a span is cut as a whole; expected it without positions and without src_pos");
        }

        CellPlace sources = knockout.SourceSpan is { } span ? CellPlace.Span(span)
            : knockout.Sources.Count > 0 ? CellPlace.Of(knockout.Sources) : CellPlace.All;
        if (knockout.SourceSpan is not null && pairs.All(p => sources.In(p) is []))
        {
            throw new InvalidInputException($"span '{knockout.SourceSpan}': no prompt has it; {PromptPair.KnownSpans(pairs)}");
        }

        IReadOnlyList<SweepCell> cells =
        [
            .. new SweepCells(model.Hooks, options, pairs, corrupted: false).All(_ => [])
                .Where(c => c.Sources.IsAll || knockout.Sources.Count == 0 || knockout.Sources.Contains(c.Sources.Index ?? -1))
                .Select(c => c.Sources.IsAll ? c with { Sources = sources } : c),
        ];
        var runner = new SweepExecution(model, options);
        IReadOnlyList<int>[] prompts = [.. pairs.Select(p => p.Clean)];
        BaseRuns runs = runner.Plain(pairs, prompts, null);
        var rows = new TableBatches(TableSchemas.Knockout.Create(), options.Sink);
        var index = new SweepIndex(model.Hooks, pairs, corrupted: false);
        var plan = new SweepPlan($"knockout {knockout.Renormalize}", pairs, prompts, cells, Intervene)
        {
            Has = (cell, prompt) => cell.IsIn(pairs[prompt], false, model.Hooks),
        };
        if (plan.Items().Count == 0)
        {
            throw new InvalidInputException(
                "knockout: no destination asked for can attend to a source asked for, in any prompt and layer");
        }

        return runner.Fill(plan, runs, rows, Add, cancellation);

        IReadOnlyList<Intervention> Intervene(SweepCell cell, int prompt)
        {
            Scope scope = cell.Scope(pairs[prompt], corrupted: false);
            return
            [
                .. cell.Points.Select(p => new KnockOut(p.Layer, scope.Positions, scope.Sources, scope.Heads, knockout.Renormalize)),
            ];
        }

        void Add(SweepCell cell, int prompt, double patched) => rows.Add(new KnockoutRow(
            prompt, pairs[prompt].Id, pairs[prompt].Group, cell.Layer, cell.Head, index.Pos(cell, prompt), index.SrcPos(cell, prompt),
            cell.Place.Name, cell.Sources.Name, options.Window, knockout.Renormalize ? "true" : "false", options.Metric.Name,
            runs.Clean[prompt], null, patched, patched - runs.Clean[prompt]));
    }
}

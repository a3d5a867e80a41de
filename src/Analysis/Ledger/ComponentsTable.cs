using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// The <c>components</c> table: every residual write at a position with its norm, its cosine with the stream that it was added
/// to, and its direct contribution to a logit or a logit difference. Three rows close the ledger of each prompt and position:
/// <c>sum</c> of the contributions, the <c>actual</c> metric of the run, and the <c>error</c> between them; their norms are
/// those of the summed writes, of the recorded stream, and of the difference.
/// </summary>
public sealed class ComponentsTable
{
    private readonly TransformerModel _model;

    /// <summary>Creates an empty table.</summary>
    /// <param name="model">The model; gives tokens their text.</param>
    /// <param name="named">Whether <c>id</c> and <c>group</c> of the prompt stand beside its number.</param>
    public ComponentsTable(TransformerModel model, bool named = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        Table = TableSchemas.Components.Create(named).From(model, finite: true);
    }

    /// <summary>The table so far.</summary>
    public ResultTable<ComponentRow> Table { get; }

    /// <summary>
    /// Takes one position of a run apart and adds its rows. With several answers (or wrong tokens) the metric is the mean of
    /// their logits; contributions are linear in it, so they are means as well.
    /// </summary>
    /// <param name="prompt">0-based row of the input.</param>
    /// <param name="pair">The prompt with its answers, at least one, and wrong tokens, possibly none.</param>
    /// <param name="cache">What the clean prompt recorded; at least <see cref="ResidualLedger.Needs"/>.</param>
    /// <param name="logits">Logits of the position in that run, [d_vocab].</param>
    /// <param name="position">Position; negative counts from the end.</param>
    /// <param name="detail">How finely writes are told apart.</param>
    /// <returns>How well the ledger adds up.</returns>
    /// <exception cref="InvalidInputException">Position or token is out of range, or there is no answer.</exception>
    public LedgerClosure Add(
        int prompt, PromptPair pair, ActivationCache cache, ReadOnlySpan<float> logits, int position, LedgerDetail detail)
    {
        var ledger = new ResidualLedger(_model, cache);
        return Add(
            prompt, pair, ledger, Readings(ledger, prompt, pair, logits, position, gainRow: false),
            new DecompositionOptions { Detail = detail });
    }

    /// <summary>Takes readings of one position apart and adds the rows of their weighted sum.</summary>
    /// <param name="prompt">0-based row of the input.</param>
    /// <param name="pair">The prompt.</param>
    /// <param name="ledger">The ledger that made the readings.</param>
    /// <param name="readings">Readings of one position at one point, and their weights.</param>
    /// <param name="options">How finely, and through which scale.</param>
    /// <returns>How well the ledger adds up.</returns>
    /// <exception cref="InvalidInputException">The scale cannot be recomputed.</exception>
    public LedgerClosure Add(
        int prompt, PromptPair pair, ResidualLedger ledger, IReadOnlyList<(double Weight, StreamReading Reading)> readings,
        DecompositionOptions options)
    {
        ArgumentNullException.ThrowIfNull(pair);
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(readings);
        StreamReading sum = readings.Count == 1 && readings[0].Weight == 1 ? readings[0].Reading : StreamReading.Sum(readings);
        return Add(prompt, pair, ledger.Attribute(sum, options));
    }

    /// <summary>The logits of a prompt's answers minus those of its wrong tokens, as readings with weights.</summary>
    /// <param name="ledger">The ledger of the prompt's run.</param>
    /// <param name="prompt">0-based row of the input, for the error.</param>
    /// <param name="pair">The prompt.</param>
    /// <param name="logits">Logits of the position, [d_vocab].</param>
    /// <param name="position">Position; negative counts from the end.</param>
    /// <param name="gainRow">Whether the gain of the last norm is a row of its own.</param>
    /// <exception cref="InvalidInputException">Position or token is out of range, or there is no answer.</exception>
    public static IReadOnlyList<(double Weight, StreamReading Reading)> Readings(
        ResidualLedger ledger, int prompt, PromptPair pair, ReadOnlySpan<float> logits, int position, bool gainRow)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(pair);
        if (pair.Answers.Count == 0)
        {
            throw new InvalidInputException($"prompt {prompt}: a decomposition needs an answer token (--answer), found none");
        }

        if (pair.Answers.Count == 1 && pair.Wrongs.Count <= 1)
        {
            int? other = pair.Wrongs.Count == 1 ? pair.Wrongs[0] : null;
            return [(1, ledger.ReadLogits(position, logits, pair.Answers[0], other, gainRow))];
        }

        List<(double, StreamReading)> readings = [];
        foreach (int answer in pair.Answers)
        {
            readings.Add((1.0 / pair.Answers.Count, ledger.ReadLogits(position, logits, answer, null, gainRow)));
        }

        foreach (int wrong in pair.Wrongs)
        {
            readings.Add((-1.0 / pair.Wrongs.Count, ledger.ReadLogits(position, logits, wrong, null, gainRow)));
        }

        return readings;
    }

    private LedgerClosure Add(int prompt, PromptPair pair, Decomposition first)
    {
        Table.Origin!.Add(pair);
        int position = first.Position;
        string token = _model.TokenText(pair.Clean[position]);
        double largest = 0;
        foreach (DecompositionRow row in first.Rows)
        {
            Component component = row.Component;
            largest = Math.Max(largest, Math.Abs(row.Dla));
            Row(
                component.Label, component.KindName, OrNull(component.Layer), OrNull(component.Head),
                OrNull(component.Neuron), OrNull(component.Source),
                component.Source < 0 ? null : _model.TokenText(pair.Clean[component.Source]), row.Norm, row.Cosine, row.Dla);
        }

        double sum = first.Sum, actual = first.Actual;
        Close("sum", first.SumNorm, sum);
        Close("actual", first.StreamNorm, actual);
        Close("error", first.ErrorNorm, actual - sum);
        double scale = Math.Max(Math.Abs(actual), largest);
        return new LedgerClosure(
            first.StreamNorm == 0 ? first.ErrorNorm : first.ErrorNorm / first.StreamNorm,
            scale == 0 ? 0 : Math.Abs(actual - sum) / scale);

        void Close(string kind, double norm, double dla) => Row(kind, kind, null, null, null, null, null, norm, null, dla);

        void Row(
            string component, string kind, int? layer, int? head, int? neuron, int? source, string? sourceToken, double norm,
            double? cosine, double dla) => Table.AddRow(new ComponentRow(
                pair.Row ?? prompt, pair.Id, pair.Group, position, token, component, kind, layer, head, neuron, source, sourceToken, norm,
                cosine, dla));
    }

    private static int? OrNull(int index) => index < 0 ? null : index;
}

/// <summary>How well a ledger adds up at one position.</summary>
/// <param name="Stream">|sum of writes - stream| / |stream|, L2 norms at the top of the stream.</param>
/// <param name="Logits">|actual - sum| over the larger of |actual| and the largest contribution.</param>
public readonly record struct LedgerClosure(double Stream, double Logits);

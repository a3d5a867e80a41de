namespace Interp.Analysis;

/// <summary>One row of a decomposition.</summary>
/// <param name="Component">What wrote.</param>
/// <param name="Norm">L2 norm of the vector as it was added; 0 for rows that add to logits only.</param>
/// <param name="Cosine">Cosine with the stream it was added to; null where there was none yet.</param>
/// <param name="Dla">Direct contribution to the metric, in logits.</param>
public sealed record DecompositionRow(Component Component, double Norm, double? Cosine, double Dla);

/// <summary>
/// A logit, a difference of two, or another reading of the stream, taken apart by what wrote to the stream. <see cref="Sum"/> of all rows equals
/// <see cref="Actual"/> up to <see cref="Error"/>, which is rounding unless an intervention changed the stream itself.
/// </summary>
public sealed record Decomposition
{
    /// <summary>Position whose logits are taken apart.</summary>
    public required int Position { get; init; }

    /// <summary>Token whose logit counts; null where the reading is no logit.</summary>
    public required int? Answer { get; init; }

    /// <summary>Token whose logit is subtracted, or null.</summary>
    public required int? Wrong { get; init; }

    /// <summary>All rows, in the order of the forward pass.</summary>
    public required IReadOnlyList<DecompositionRow> Rows { get; init; }

    /// <summary>The number that the run computed.</summary>
    public required double Actual { get; init; }

    /// <summary>Sum of the rows' contributions.</summary>
    public double Sum => Rows.Sum(r => r.Dla);

    /// <summary>What is missing: actual minus sum.</summary>
    public double Error => Actual - Sum;

    /// <summary>
    /// |error| over the largest of the logits and contributions that it is made of: a difference of two float32 logits is
    /// known no better than to their rounding, however small it is.
    /// </summary>
    public double RelativeError => Math.Abs(Error) / Math.Max(LargestLogit, Rows.Max(r => Math.Abs(r.Dla)));

    /// <summary>The larger of the absolute logits that <see cref="Actual"/> is made of.</summary>
    public required double LargestLogit { get; init; }

    /// <summary>L2 norm of the sum of all writes at the top of the stream.</summary>
    public required double SumNorm { get; init; }

    /// <summary>L2 norm of the stream that was recorded there.</summary>
    public required double StreamNorm { get; init; }

    /// <summary>L2 norm of their difference.</summary>
    public required double ErrorNorm { get; init; }

    /// <summary>How well the writes add up at each recorded point of the stream.</summary>
    public required IReadOnlyList<LedgerCheck> Checks { get; init; }
}

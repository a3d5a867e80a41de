using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// A number that is linear in the stream of one position, at the scales and gates that a run recorded: a logit, a difference
/// of logits, a probe's score, what a later head reads. <see cref="ResidualLedger"/> makes readings and takes them apart.
/// </summary>
public sealed record StreamReading
{
    /// <summary>Position whose stream is read.</summary>
    public required int Position { get; init; }

    /// <summary>Where it is read; one of <see cref="ResidualLedger.StreamPoints"/>.</summary>
    public required HookPoint At { get; init; }

    /// <summary>The direction, [d_model]: the reading is stream . direction + constants.</summary>
    public required IReadOnlyList<double> Direction { get; init; }

    /// <summary>What biases (and a norm's gain, where it was asked for as a row) add between the stream and the number.</summary>
    public required IReadOnlyList<DecompositionRow> Constants { get; init; }

    /// <summary>The number as the run computed it.</summary>
    public required double Actual { get; init; }

    /// <summary>The largest of the numbers that <see cref="Actual"/> is a difference of.</summary>
    public required double Largest { get; init; }

    /// <summary>Token whose logit counts, or null where no logit is read.</summary>
    public int? Answer { get; init; }

    /// <summary>Token whose logit is subtracted, or null.</summary>
    public int? Wrong { get; init; }

    /// <summary>Scale of the norm between stream and number; null where there is none.</summary>
    public double? Scale { get; init; }

    /// <summary>Whether an intervention changed something between stream and number.</summary>
    internal bool Edited { get; init; }

    /// <summary>The weighted sum of readings of one position at one point; readings are linear.</summary>
    /// <param name="readings">The readings and their weights.</param>
    public static StreamReading Sum(IReadOnlyList<(double Weight, StreamReading Reading)> readings)
    {
        ArgumentNullException.ThrowIfNull(readings);
        StreamReading first = readings[0].Reading;
        var constants = readings
            .SelectMany(r => r.Reading.Constants.Select(c => c with { Dla = r.Weight * c.Dla }))
            .GroupBy(c => c.Component).Select(g => g.First() with { Dla = g.Sum(c => c.Dla) });
        return first with
        {
            Direction = [.. first.Direction.Select((_, i) => readings.Sum(r => r.Weight * r.Reading.Direction[i]))],
            Constants = [.. constants],
            Actual = readings.Sum(r => r.Weight * r.Reading.Actual),
            Largest = readings.Max(r => r.Reading.Largest),
            Answer = null,
            Wrong = null,
        };
    }

    /// <summary>Which input of a head is read.</summary>
    internal static HookKind KindOf(QkvInput input) => input switch
    {
        QkvInput.Query => HookKind.Q,
        QkvInput.Key => HookKind.K,
        _ => HookKind.V,
    };

    /// <summary>The map from the stream's norm to an input of all heads.</summary>
    internal static Linear MapOf(AttentionWeights weights, QkvInput input) => input switch
    {
        QkvInput.Query => weights.Query,
        QkvInput.Key => weights.Key,
        _ => weights.Value,
    };
}

/// <summary>What a head reads from the stream.</summary>
public enum QkvInput
{
    /// <summary>The query, at the destination.</summary>
    Query,

    /// <summary>The key, at the source.</summary>
    Key,

    /// <summary>The value, at the source.</summary>
    Value,
}

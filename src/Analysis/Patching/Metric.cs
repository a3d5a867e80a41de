using System.Numerics.Tensors;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// A number read from the logits of a run, in float64: at the last position unless said otherwise (<see cref="At"/>), of several positions,
/// answers or wrong tokens the mean over them.
/// </summary>
public sealed partial record Metric
{
    // A logit is a sum of float32 products; through all layers it is exact to about this share of the largest one.
    private const double RelativeRounding = 1e-6;

    private static readonly int[] Last = [-1];

    private readonly CustomMetric? _custom;

    private Metric(MetricKind kind, IReadOnlyList<int>? positions = null, CustomMetric? custom = null) =>
        (Kind, Listed, _custom) = (kind, positions, custom);

    /// <summary>What is measured.</summary>
    public MetricKind Kind { get; }

    /// <inheritdoc cref="MetricKind.LogitDiff"/>
    public static Metric LogitDiff { get; } = new(MetricKind.LogitDiff);

    /// <inheritdoc cref="MetricKind.Logit"/>
    public static Metric Logit { get; } = new(MetricKind.Logit);

    /// <inheritdoc cref="MetricKind.LogProb"/>
    public static Metric LogProb { get; } = new(MetricKind.LogProb);

    /// <inheritdoc cref="MetricKind.Prob"/>
    public static Metric Prob { get; } = new(MetricKind.Prob);

    /// <inheritdoc cref="MetricKind.ProbDiff"/>
    public static Metric ProbDiff { get; } = new(MetricKind.ProbDiff);

    /// <inheritdoc cref="MetricKind.Kl"/>
    public static Metric Kl { get; } = new(MetricKind.Kl);

    /// <inheritdoc cref="MetricKind.Rank"/>
    public static Metric Rank { get; } = new(MetricKind.Rank);

    /// <inheritdoc cref="MetricKind.Accuracy"/>
    public static Metric Accuracy { get; } = new(MetricKind.Accuracy);

    /// <summary>
    /// Mean cross-entropy of the clean prompt's own next tokens, in nats, over all positions that have one: of a run of the corrupted prompt
    /// too it is the clean prompt's tokens that count.
    /// </summary>
    public static Metric Loss { get; } = new(MetricKind.Loss);

    /// <summary>As <see cref="Loss"/>, the share of next tokens than which no token has a larger logit.</summary>
    public static Metric NextAccuracy { get; } = new(MetricKind.NextAccuracy);

    /// <summary>The positions that were chosen; null = the last, or all that have a next token (<see cref="Loss"/>).</summary>
    private IReadOnlyList<int>? Listed { get; init; }

    /// <summary>The same metric read at other positions.</summary>
    /// <param name="positions">Positions in the prompt, negative from the end, at least one.</param>
    /// <exception cref="InvalidInputException">There is none.</exception>
    public Metric At(params IReadOnlyList<int> positions)
    {
        ArgumentNullException.ThrowIfNull(positions);
        return positions.Count > 0
            ? this with { Listed = [.. positions] }
            : throw new InvalidInputException($"metric {Name}: expected at least one position, found none");
    }

    /// <inheritdoc/>
    public bool Equals(Metric? other) => other is not null && Kind == other.Kind && _custom == other._custom
        && (Listed ?? []).SequenceEqual(other.Listed ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, _custom, Listed?.Count, Listed?[0]);

    /// <summary>Where it is read, in journals: the positions, or <c>next</c>.</summary>
    internal string Place => Listed is null && ReadsNext ? "next" : string.Join(',', Listed ?? Last);

    /// <inheritdoc/>
    public override string ToString() => Listed is null ? Name : $"{Name} at {string.Join(',', Listed)}";

    /// <summary>Name on the command line and in tables.</summary>
    public string Name => _custom?.Name ?? NameOf(Kind);

    /// <summary>The names of all metrics but the caller's own.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Enum.GetValues<MetricKind>().Where(kind => kind != MetricKind.Custom).Select(NameOf)];

    /// <summary>The metric of a kind.</summary>
    /// <param name="kind">A kind, but for <see cref="MetricKind.Custom"/>.</param>
    public static Metric Of(MetricKind kind) => kind == MetricKind.Custom
        ? throw new ArgumentException("A metric of the caller's own has a function.", nameof(kind))
        : new Metric(kind);

    /// <summary>Reads a metric's name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="InvalidInputException">The name is unknown.</exception>
    public static Metric Parse(string name)
    {
        foreach (MetricKind kind in Enum.GetValues<MetricKind>())
        {
            if (kind != MetricKind.Custom && NameOf(kind) == name)
            {
                return new Metric(kind);
            }
        }

        throw new InvalidInputException($"metric '{name}': expected one of {string.Join(", ", Names)}");
    }

    /// <summary>Checks that a pair has the position and the tokens that the metric reads.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="row">Row of the data, for the error.</param>
    /// <exception cref="InvalidInputException">
    /// The position is out of range, an answer or wrong token is missing, or a token is both.
    /// </exception>
    public void Require(PromptPair pair, int row)
    {
        ArgumentNullException.ThrowIfNull(pair);
        RequirePositions(pair, pair.Clean.Count, $"prompt {row}");
        if (pair.Corrupted.Count > 0)
        {
            RequirePositions(pair, pair.Corrupted.Count, $"the corrupted prompt {row}");
        }

        if (NeedsAnswer && pair.Answers.Count == 0)
        {
            throw new InvalidInputException($"prompt {row}: metric {Name} needs an answer token, found none");
        }

        if (Compares && pair.Wrongs.Count == 0)
        {
            throw new InvalidInputException(
                $"prompt {row}: metric {Name} needs a wrong token, found none; the metric {(Kind == MetricKind.LogitDiff ? "logit" : "prob")} needs only the answer");
        }

        if (Compares && pair.Answers.Intersect(pair.Wrongs).ToArray() is [int both, ..])
        {
            throw new InvalidInputException(
                $"prompt {row}: metric {Name} needs answers and wrong tokens that differ, found token {both} among both");
        }
    }

    /// <summary>Evaluates the metric.</summary>
    /// <param name="logits">Logits of the run at the metric's positions, [d_vocab], or of several [rows, d_vocab].</param>
    /// <param name="pair">The tokens that count.</param>
    /// <param name="reference">Logits of the clean run at that position; read by KL only.</param>
    public double Evaluate(ReadOnlySpan<float> logits, PromptPair pair, ReadOnlySpan<float> reference)
    {
        ArgumentNullException.ThrowIfNull(pair);
        int rows = RowsOf(pair);
        if (rows == 1)
        {
            return EvaluateRow(logits, pair, 0, reference);
        }

        double sum = 0;
        int width = logits.Length / rows;
        for (int row = 0; row < rows; row++)
        {
            sum += EvaluateRow(logits.Slice(row * width, width), pair, row, reference.IsEmpty ? reference : reference.Slice(row * width, width));
        }

        return sum / rows;
    }

    private double EvaluateRow(ReadOnlySpan<float> logits, PromptPair pair, int row, ReadOnlySpan<float> reference)
    {
        return Kind switch
        {
            MetricKind.LogitDiff => LogitReadings.Mean(pair.Answers, logits, LogitReadings.Logit) - LogitReadings.Mean(pair.Wrongs, logits, LogitReadings.Logit),
            MetricKind.Logit => LogitReadings.Mean(pair.Answers, logits, LogitReadings.Logit),
            MetricKind.LogProb => LogitReadings.Mean(pair.Answers, logits, TokenDistribution.LogProbability),
            MetricKind.Prob => LogitReadings.Mean(pair.Answers, logits, LogitReadings.Probability),
            MetricKind.Kl => LogitReadings.Divergence(reference, logits),
            MetricKind.Accuracy => LogitReadings.Best(pair.Answers, logits),
            MetricKind.ProbDiff => LogitReadings.Sum(pair.Answers, logits, LogitReadings.Probability) - LogitReadings.Sum(pair.Wrongs, logits, LogitReadings.Probability),
            MetricKind.Loss => -TokenDistribution.LogProbability(logits, Next(pair, row)),
            MetricKind.NextAccuracy => LogitReadings.Rank(logits, Next(pair, row)) == 0 ? 1 : 0,
            MetricKind.Custom => EvaluateCustom(logits, pair),
            _ => LogitReadings.Mean(pair.Answers, logits, LogitReadings.Rank),
        };
    }

    /// <summary>The tokens whose logits the metric reads; null = the whole vocabulary.</summary>
    internal IReadOnlyList<int>? TokensOf(PromptPair pair) => Kind switch
    {
        MetricKind.LogitDiff => [.. pair.Answers, .. pair.Wrongs],
        MetricKind.Logit => pair.Answers,
        MetricKind.Custom => _custom!.Tokens?.Invoke(pair),
        _ => null,
    };

    /// <summary>Evaluates the metric on the logits of <see cref="TokensOf"/>; the same number as on all logits.</summary>
    internal double EvaluateChosen(ReadOnlySpan<float> chosen, PromptPair pair)
    {
        int rows = RowsOf(pair), width = chosen.Length / rows;
        if (rows == 1)
        {
            return EvaluateChosenRow(chosen, pair);
        }

        double sum = 0;
        for (int row = 0; row < rows; row++)
        {
            sum += EvaluateChosenRow(chosen.Slice(row * width, width), pair);
        }

        return sum / rows;
    }

    private double EvaluateChosenRow(ReadOnlySpan<float> chosen, PromptPair pair)
    {
        int answers = pair.Answers.Count;
        return Kind switch
        {
            MetricKind.LogitDiff => LogitReadings.Mean(Range(0, answers), chosen, LogitReadings.Logit) - LogitReadings.Mean(Range(answers, chosen.Length), chosen, LogitReadings.Logit),
            MetricKind.Logit => LogitReadings.Mean(Range(0, answers), chosen, LogitReadings.Logit),
            MetricKind.Custom => _custom!.Function(chosen, pair),
            _ => throw new InvalidOperationException($"The metric {Name} reads the whole vocabulary."),
        };

        static int[] Range(int first, int end) => [.. Enumerable.Range(first, end - first)];
    }

    /// <summary>
    /// How far two evaluations may differ by float32 rounding alone. With r = 1e-6 times the largest magnitude of a logit: r
    /// for logits, their differences and log-probabilities; r times the probability for probabilities; r squared for the
    /// divergence, which is quadratic in small changes; 0 for ranks and accuracy;
    /// for a metric of the caller's own r.
    /// </summary>
    /// <param name="logits">Logits of the run at the metric's position, [d_vocab].</param>
    /// <param name="value">The metric there.</param>
    public double Rounding(ReadOnlySpan<float> logits, double value)
    {
        double rounding = RelativeRounding * Math.Abs((double)TensorPrimitives.MaxMagnitude(logits));
        return Kind switch
        {
            MetricKind.Prob => rounding * value,
            MetricKind.ProbDiff => rounding,
            MetricKind.Kl => rounding * rounding,
            MetricKind.Rank or MetricKind.Accuracy or MetricKind.NextAccuracy => 0,
            _ => rounding,
        };
    }

    /// <summary>Whether it is read from tokens that are right: the divergence and the loss are not, and a metric of the caller's own need not be.</summary>
    public bool NeedsAnswer => Kind is not (MetricKind.Kl or MetricKind.Loss or MetricKind.NextAccuracy or MetricKind.Custom);

    /// <summary>The positions that are read in a pair's prompts.</summary>
    /// <param name="pair">The pair.</param>
    public IReadOnlyList<int> PositionsIn(PromptPair pair)
    {
        ArgumentNullException.ThrowIfNull(pair);
        return _custom is null && pair.MetricPositions is { } own ? own
            : Listed ?? (ReadsNext ? [.. Enumerable.Range(0, Math.Max(0, pair.Clean.Count - 1))] : Last);
    }

    // A metric of the caller's own takes all its rows at once.
    private int RowsOf(PromptPair pair) => _custom is null ? PositionsIn(pair).Count : 1;

    private bool ReadsNext => Kind is MetricKind.Loss or MetricKind.NextAccuracy;

    private bool Compares => Kind is MetricKind.LogitDiff or MetricKind.ProbDiff;

    private static string NameOf(MetricKind kind) => kind switch
    {
        MetricKind.LogitDiff => "logit-diff",
        MetricKind.LogProb => "logprob",
        MetricKind.ProbDiff => "prob-diff",
        MetricKind.NextAccuracy => "next-accuracy",
        _ => kind.ToString().ToLowerInvariant(),
    };

    // Rows come with positions ascending.
    private int Next(PromptPair pair, int row)
    {
        IReadOnlyList<int> positions = PositionsIn(pair);
        int n = pair.Clean.Count;
        return pair.Clean[1 + (positions.Count == 1 ? Wrapped(positions[0]) : positions.Select(Wrapped).Order().ElementAt(row))];

        int Wrapped(int position) => position < 0 ? position + n : position;
    }
}

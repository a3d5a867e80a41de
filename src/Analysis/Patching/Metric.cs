using System.Numerics.Tensors;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>What is measured on the logits of one position.</summary>
public enum MetricKind
{
    /// <summary>Mean logit of the answers minus mean logit of the wrong tokens.</summary>
    LogitDiff,

    /// <summary>Mean logit of the answers.</summary>
    Logit,

    /// <summary>Mean log-probability of the answers, in nats.</summary>
    LogProb,

    /// <summary>Mean probability of the answers.</summary>
    Prob,

    /// <summary>Kullback-Leibler divergence from the clean run's distribution to this one, in nats.</summary>
    Kl,

    /// <summary>Mean rank of the answers, 0 = most likely.</summary>
    Rank,
}

/// <summary>
/// A number read from the logits of one position of a run, in float64. Of several answers or wrong tokens it is the mean over
/// them.
/// </summary>
/// <param name="Kind">What is measured.</param>
/// <param name="Position">Position in the prompt; negative counts from the end.</param>
public sealed record Metric(MetricKind Kind, int Position = -1)
{
    // A logit is a sum of float32 products; through all layers it is exact to about this share of the largest one.
    private const double RelativeRounding = 1e-6;

    /// <summary>Name on the command line and in tables.</summary>
    public string Name => NameOf(Kind);

    /// <summary>The names of all metrics.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetValues<MetricKind>().Select(NameOf)];

    /// <summary>Reads a metric's name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="position">Position in the prompt.</param>
    /// <exception cref="InvalidInputException">The name is unknown.</exception>
    public static Metric Parse(string name, int position = -1)
    {
        foreach (MetricKind kind in Enum.GetValues<MetricKind>())
        {
            if (NameOf(kind) == name)
            {
                return new Metric(kind, position);
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
        Positions.Resolve(Position, pair.Clean.Count, $"prompt {row}");
        if (pair.Corrupted.Count > 0)
        {
            Positions.Resolve(Position, pair.Corrupted.Count, $"the corrupted prompt {row}");
        }

        if (Kind != MetricKind.Kl && pair.Answers.Count == 0)
        {
            throw new InvalidInputException($"prompt {row}: metric {Name} needs an answer token, found none");
        }

        if (Kind == MetricKind.LogitDiff && pair.Wrongs.Count == 0)
        {
            throw new InvalidInputException(
                $"prompt {row}: metric {Name} needs a wrong token, found none; the metric logit needs only the answer");
        }

        if (Kind == MetricKind.LogitDiff && pair.Answers.Intersect(pair.Wrongs).ToArray() is [int both, ..])
        {
            throw new InvalidInputException(
                $"prompt {row}: metric {Name} needs answers and wrong tokens that differ, found token {both} among both");
        }
    }

    /// <summary>Evaluates the metric.</summary>
    /// <param name="logits">Logits of the run at the metric's position, [d_vocab].</param>
    /// <param name="pair">The tokens that count.</param>
    /// <param name="reference">Logits of the clean run at that position; read by KL only.</param>
    public double Evaluate(ReadOnlySpan<float> logits, PromptPair pair, ReadOnlySpan<float> reference)
    {
        ArgumentNullException.ThrowIfNull(pair);
        return Kind switch
        {
            MetricKind.LogitDiff => Mean(pair.Answers, logits, Logit) - Mean(pair.Wrongs, logits, Logit),
            MetricKind.Logit => Mean(pair.Answers, logits, Logit),
            MetricKind.LogProb => Mean(pair.Answers, logits, TokenDistribution.LogProbability),
            MetricKind.Prob => Mean(pair.Answers, logits, Probability),
            MetricKind.Kl => Divergence(reference, logits),
            _ => Mean(pair.Answers, logits, Rank),
        };
    }

    /// <summary>
    /// How far two evaluations may differ by float32 rounding alone. With r = 1e-6 times the largest magnitude of a logit: r
    /// for logits, their differences and log-probabilities; r times the probability for probabilities; r squared for the
    /// divergence, which is quadratic in small changes; 0 for ranks.
    /// </summary>
    /// <param name="logits">Logits of the run at the metric's position, [d_vocab].</param>
    /// <param name="value">The metric there.</param>
    public double Rounding(ReadOnlySpan<float> logits, double value)
    {
        double rounding = RelativeRounding * Math.Abs((double)TensorPrimitives.MaxMagnitude(logits));
        return Kind switch
        {
            MetricKind.Prob => rounding * value,
            MetricKind.Kl => rounding * rounding,
            MetricKind.Rank => 0,
            _ => rounding,
        };
    }

    private delegate double Reading(ReadOnlySpan<float> logits, int token);

    private static string NameOf(MetricKind kind) => kind switch
    {
        MetricKind.LogitDiff => "logit-diff",
        MetricKind.LogProb => "logprob",
        _ => kind.ToString().ToLowerInvariant(),
    };

    private static double Mean(IReadOnlyList<int> tokens, ReadOnlySpan<float> logits, Reading reading)
    {
        double sum = 0;
        foreach (int token in tokens)
        {
            sum += reading(logits, token);
        }

        return sum / tokens.Count;
    }

    private static double Logit(ReadOnlySpan<float> logits, int token) => logits[token];

    private static double Rank(ReadOnlySpan<float> logits, int token)
    {
        int above = 0;
        foreach (float logit in logits)
        {
            above += logit > logits[token] ? 1 : 0;
        }

        return above;
    }

    private static double Probability(ReadOnlySpan<float> logits, int token) =>
        Math.Exp(TokenDistribution.LogProbability(logits, token));

    private static double Divergence(ReadOnlySpan<float> reference, ReadOnlySpan<float> logits)
    {
        double from = TokenDistribution.LogSumExp(reference), to = TokenDistribution.LogSumExp(logits), sum = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            double logProbability = reference[i] - from;
            sum += Math.Exp(logProbability) * (logProbability - (logits[i] - to));
        }

        return sum;
    }
}

using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>What is measured on the logits of one position.</summary>
public enum MetricKind
{
    /// <summary>Mean logit of the answers minus mean logit of the wrong tokens.</summary>
    LogitDiff,

    /// <summary>Mean logit of the answers.</summary>
    Logit,

    /// <summary>Log-probability of the answers, in nats.</summary>
    LogProb,

    /// <summary>Probability of the answers, summed.</summary>
    Prob,

    /// <summary>Kullback-Leibler divergence from the clean run's distribution to this one, in nats.</summary>
    Kl,

    /// <summary>Rank of the answer, 0 = most likely; the best one when there are several.</summary>
    Rank,
}

/// <summary>A number read from the logits of one position of a run.</summary>
/// <param name="Kind">What is measured.</param>
/// <param name="Position">Position in the prompt; negative counts from the end.</param>
public sealed record Metric(MetricKind Kind, int Position = -1)
{
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

    /// <summary>Checks that a pair has the tokens that the metric reads.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="row">Row of the data, for the error.</param>
    /// <exception cref="InvalidInputException">An answer or wrong token is missing.</exception>
    public void Require(PromptPair pair, int row)
    {
        ArgumentNullException.ThrowIfNull(pair);
        if (Kind != MetricKind.Kl && pair.Answers.Count == 0)
        {
            throw new InvalidInputException($"prompt {row}: metric {Name} needs an answer token, found none");
        }

        if (Kind == MetricKind.LogitDiff && pair.Wrongs.Count == 0)
        {
            throw new InvalidInputException(
                $"prompt {row}: metric {Name} needs a wrong token, found none; the metric logit needs only the answer");
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
            MetricKind.LogitDiff => Mean(logits, pair.Answers) - Mean(logits, pair.Wrongs),
            MetricKind.Logit => Mean(logits, pair.Answers),
            MetricKind.LogProb => Math.Log(Probability(logits, pair.Answers)),
            MetricKind.Prob => Probability(logits, pair.Answers),
            MetricKind.Kl => Divergence(reference, logits),
            _ => Rank(logits, pair.Answers),
        };
    }

    private static string NameOf(MetricKind kind) => kind switch
    {
        MetricKind.LogitDiff => "logit-diff",
        MetricKind.LogProb => "logprob",
        _ => kind.ToString().ToLowerInvariant(),
    };

    private static double Mean(ReadOnlySpan<float> logits, IReadOnlyList<int> tokens)
    {
        double sum = 0;
        foreach (int token in tokens)
        {
            sum += logits[token];
        }

        return sum / tokens.Count;
    }

    private static double Probability(ReadOnlySpan<float> logits, IReadOnlyList<int> tokens)
    {
        double normalizer = LogSumExp(logits), sum = 0;
        foreach (int token in tokens)
        {
            sum += Math.Exp(logits[token] - normalizer);
        }

        return sum;
    }

    private static double Divergence(ReadOnlySpan<float> reference, ReadOnlySpan<float> logits)
    {
        double from = LogSumExp(reference), to = LogSumExp(logits), sum = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            double logProbability = reference[i] - from;
            sum += Math.Exp(logProbability) * (logProbability - (logits[i] - to));
        }

        return sum;
    }

    private static double Rank(ReadOnlySpan<float> logits, IReadOnlyList<int> tokens)
    {
        int best = int.MaxValue;
        foreach (int token in tokens)
        {
            int above = 0;
            foreach (float logit in logits)
            {
                above += logit > logits[token] ? 1 : 0;
            }

            best = Math.Min(best, above);
        }

        return best;
    }

    private static double LogSumExp(ReadOnlySpan<float> logits)
    {
        double max = double.NegativeInfinity, sum = 0;
        foreach (float logit in logits)
        {
            max = Math.Max(max, logit);
        }

        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - max);
        }

        return max + Math.Log(sum);
    }
}

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

    /// <summary>1 when no token has a larger logit than the likeliest answer, else 0.</summary>
    Accuracy,

    /// <summary>
    /// Summed probability of the answers minus that of the wrong tokens (Hanna et al. 2023, greater-than).
    /// </summary>
    ProbDiff,

    /// <summary>Mean cross-entropy of a prompt's own next tokens, in nats: the loss of a language model on the prompt.</summary>
    Loss,

    /// <summary>Share of a prompt's own next tokens than which no token has a larger logit.</summary>
    NextAccuracy,

    /// <summary>A function of the caller's own.</summary>
    Custom,
}

using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>A change of the weights that leaves the distribution over tokens as it is.</summary>
public enum ProcessStep
{
    /// <summary>
    /// Gain and bias of each norm are folded into the maps that read it; where the norm is LayerNorm, whose output has mean 0, the
    /// mean over inputs is taken out of these maps as well.
    /// </summary>
    FoldNorm,

    /// <summary>The mean over d_model is taken out of everything that writes to the stream.</summary>
    CenterWriting,

    /// <summary>The mean over the vocabulary is taken out of the unembedding: all logits of a position shift alike.</summary>
    CenterUnembed,

    /// <summary>Value biases are moved through W_O into the output bias: a pattern sums to 1.</summary>
    FoldValueBiases,
}

/// <summary>What a step did to the logits of the check prompt.</summary>
/// <param name="Step">The step.</param>
/// <param name="LogitChange">Largest change of a logit; centring the unembedding shifts all logits of a position alike.</param>
/// <param name="LogProbabilityChange">Largest change of a log-probability, in nats; rounding where the step is right.</param>
public readonly record struct ProcessReport(ProcessStep Step, double LogitChange, double LogProbabilityChange);

/// <summary>A model with processed weights, beside the original, which is never touched.</summary>
/// <param name="Original">The model as it was loaded.</param>
/// <param name="Model">The processed model.</param>
/// <param name="Reports">What each step did, in order.</param>
public sealed record ProcessedModel(TransformerModel Original, TransformerModel Model, IReadOnlyList<ProcessReport> Reports);

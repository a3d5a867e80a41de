using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Checks what a sweep is asked to do before anything runs; what could change nothing is an error.</summary>
internal static class SweepInput
{
    /// <summary>Checks prompts and options of a sweep over sites.</summary>
    /// <exception cref="InvalidInputException">There is nothing to do, or a prompt does not fit; the message names its row.</exception>
    public static void Require(TransformerModel model, IReadOnlyList<PromptPair> pairs, SweepOptions options, bool corrupted)
    {
        RequirePrompts(model, pairs, options.Metric, corrupted, options.Sites.Count > 0, options.Window);
    }

    /// <summary>Checks prompts and a metric.</summary>
    /// <exception cref="InvalidInputException">There is nothing to do, or a prompt does not fit; the message names its row.</exception>
    public static void RequirePrompts(
        TransformerModel model, IReadOnlyList<PromptPair> pairs, Metric metric, bool corrupted, bool sites = true, int window = 1)
    {
        if (pairs.Count == 0)
        {
            throw new InvalidInputException("prompts: expected at least one, found none");
        }

        if (!sites)
        {
            throw new InvalidInputException("sites: expected at least one, such as z or resid_pre, found none");
        }

        if (window < 1)
        {
            throw new InvalidInputException($"window: expected at least 1 layer, found {window}");
        }

        for (int i = 0; i < pairs.Count; i++)
        {
            int row = pairs[i].Row ?? i;
            pairs[i].Validate(row, model.Config);
            metric.Require(pairs[i], row);
            if (corrupted)
            {
                RequireDifference(pairs[i], row);
            }
        }
    }

    private static void RequireDifference(PromptPair pair, int row)
    {
        if (pair.Corrupted.Count == 0)
        {
            throw new InvalidInputException($"prompt {row}: patching needs a corrupted prompt, found none");
        }

        if (pair.SamePrompts)
        {
            throw new InvalidInputException(
                $"prompt {row}: patching needs a corrupted prompt that differs from the clean one, found the same tokens");
        }
    }
}

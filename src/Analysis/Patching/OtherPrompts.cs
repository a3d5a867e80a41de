using Interp.Hooks;

namespace Interp.Analysis;

/// <summary>What other prompts can give each prompt of an ablation: means by position, and values to resample.</summary>
/// <param name="pairs">The prompts that are ablated.</param>
/// <param name="reference">The prompts that means and donors come from.</param>
/// <param name="causal">Whether what stands later in a prompt changes nothing before it.</param>
/// <param name="byGroup">Whether only prompts of the same group count.</param>
internal sealed class OtherPrompts(
    IReadOnlyList<PromptPair> pairs, IReadOnlyList<PromptPair> reference, bool causal, bool byGroup)
{
    private string Other => byGroup ? "another prompt of its group" : "another prompt";

    /// <summary>Checks that a kind of ablation can change anything with these prompts.</summary>
    /// <exception cref="InvalidInputException">What replaces the values would be the values themselves.</exception>
    public void RequireFor(AblationKind kind)
    {
        if (byGroup && pairs.Select(p => p.Group).ToList().IndexOf(null) is >= 0 and var without)
        {
            throw new InvalidInputException($"prompt {pairs[without].Row ?? without}: expected a group, found none");
        }

        bool alone = pairs.Concat(reference).All(p => p.Clean.SequenceEqual(pairs[0].Clean));
        if (kind == AblationKind.MeanByPosition && (alone || !Enumerable.Range(0, pairs.Count).Any(i => Share(i, 0))))
        {
            throw new InvalidInputException(
                $"prompt 0: a mean by position needs {Other} with other tokens, found none: it would be the prompt's own values");
        }

        if (alone && kind == AblationKind.Mean && pairs[0].Clean.Count == 1)
        {
            throw new InvalidInputException(
                "prompt 0: a mean needs other tokens, found a single one: it would be the token's own values");
        }
    }

    /// <summary>Whether a prompt shares a position, or all of its positions, with a prompt of other tokens.</summary>
    /// <param name="prompt">Index of the prompt.</param>
    /// <param name="position">The last position that is replaced; null = all are.</param>
    public bool Share(int prompt, int? position)
    {
        int last = position ?? pairs[prompt].Clean.Count - 1;
        return reference.Any(
            other => other.Clean.Count > last && InGroup(other, prompt) && !other.Clean.SequenceEqual(pairs[prompt].Clean));
    }

    /// <summary>For each prompt another one, drawn at random, whose values at its positions are others; null = there is none.</summary>
    /// <param name="seed">Seed of the draw.</param>
    /// <exception cref="InvalidInputException">No prompt has one.</exception>
    public int?[] Donors(int seed)
    {
        var random = new Random(seed);
        int?[] donors = [.. pairs.Select((pair, i) =>
        {
            int[] others =
                [.. Enumerable.Range(0, reference.Count).Where(j => InGroup(reference[j], i) && CanReplace(reference[j].Clean, pair.Clean))];
            return others.Length > 0 ? others[random.Next(others.Length)] : (int?)null;
        })];
        return donors.Any(donor => donor is not null)
            ? donors
            : throw new InvalidInputException(
                $"prompt 0: resampling needs {Other} of at least {pairs[0].Clean.Count} tokens that differs from it, found none "
                + "for this or any other prompt");
    }

    private bool InGroup(PromptPair other, int prompt) => !byGroup || other.Group == pairs[prompt].Group;

    private bool CanReplace(IReadOnlyList<int> donor, IReadOnlyList<int> prompt)
    {
        bool same = donor.Count >= prompt.Count && donor.Take(prompt.Count).SequenceEqual(prompt);
        return donor.Count >= prompt.Count && !(same && (causal || donor.Count == prompt.Count));
    }
}

using Interp.Hooks;

namespace Interp.Analysis;

/// <summary>What the other prompts of an ablation can give each prompt: means by position, and values to resample.</summary>
/// <param name="prompts">The prompts.</param>
/// <param name="causal">Whether what stands later in a prompt changes nothing before it.</param>
internal sealed class OtherPrompts(IReadOnlyList<IReadOnlyList<int>> prompts, bool causal)
{
    /// <summary>Checks that a kind of ablation can change anything with these prompts.</summary>
    /// <exception cref="InvalidInputException">What replaces the values would be the values themselves.</exception>
    public void RequireFor(AblationKind kind)
    {
        bool alone = prompts.All(p => p.SequenceEqual(prompts[0]));
        if (alone && kind == AblationKind.MeanByPosition)
        {
            throw new InvalidInputException(
                "prompt 0: a mean by position needs another prompt with other tokens, found none: it would be the prompt's own values");
        }

        if (alone && kind == AblationKind.Mean && prompts[0].Count == 1)
        {
            throw new InvalidInputException(
                "prompt 0: a mean needs other tokens, found a single one: it would be the token's own values");
        }
    }

    /// <summary>Whether a prompt shares a position, or all of its positions, with a prompt of other tokens.</summary>
    /// <param name="prompt">Index of the prompt.</param>
    /// <param name="position">The position; null = all.</param>
    public bool Share(int prompt, int? position)
    {
        int last = position ?? prompts[prompt].Count - 1;
        return prompts.Any(other => other.Count > last && !other.SequenceEqual(prompts[prompt]));
    }

    /// <summary>For each prompt another one, drawn at random, whose values at its positions are others; null = there is none.</summary>
    /// <param name="seed">Seed of the draw.</param>
    /// <exception cref="InvalidInputException">No prompt has one.</exception>
    public int?[] Donors(int seed)
    {
        var random = new Random(seed);
        int?[] donors = [.. prompts.Select(prompt =>
        {
            int[] others = [.. Enumerable.Range(0, prompts.Count).Where(j => CanReplace(prompts[j], prompt))];
            return others.Length > 0 ? others[random.Next(others.Length)] : (int?)null;
        })];
        return donors.Any(donor => donor is not null)
            ? donors
            : throw new InvalidInputException(
                $"prompt 0: resampling needs another prompt of at least {prompts[0].Count} tokens that differs from it, found none "
                + "for this or any other prompt");
    }

    private bool CanReplace(IReadOnlyList<int> donor, IReadOnlyList<int> prompt)
    {
        bool same = donor.Count >= prompt.Count && donor.Take(prompt.Count).SequenceEqual(prompt);
        return donor.Count >= prompt.Count && !(same && (causal || donor.Count == prompt.Count));
    }
}

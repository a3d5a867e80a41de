namespace Interp.Analysis;

/// <summary>Which positions of different prompts are one cell of a sweep that tells positions apart.</summary>
public enum PositionAlignment
{
    /// <summary>Those of the same number from the start.</summary>
    Start,

    /// <summary>Those of the same number from the end.</summary>
    End,

    /// <summary>
    /// Those at the same place beside a named span: so many tokens before its first one (<c>subject-1</c>), within it (<c>subject:0</c>), or
    /// behind its last one (<c>subject+1</c>).
    /// </summary>
    Span,
}

/// <summary>Whether a mean over prompts, position by position, is one over places that correspond.</summary>
public static class PositionMeans
{
    /// <summary>
    /// Why the means of a sweep would be over positions that do not correspond; null when they do, when positions are not told apart, and
    /// when the options say which belong together (<see cref="SweepOptions.Align"/>, <see cref="SweepOptions.Positions"/>).
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="pairs">The prompts.</param>
    /// <param name="options">Sites and axes.</param>
    /// <param name="corrupted">Whether corrupted prompts are changed.</param>
    /// <exception cref="InvalidInputException">A site or axis is unknown.</exception>
    public static string? Problem(Runtime.TransformerModel model, IReadOnlyList<PromptPair> pairs, SweepOptions options, bool corrupted = false)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Align is null && options.Positions.Count == 0 && TellPositions(model, pairs, options, corrupted)
            ? Difference(pairs, corrupted)
            : null;
    }

    /// <summary>Whether a sweep over several prompts tells positions apart.</summary>
    /// <param name="model">The model.</param>
    /// <param name="pairs">The prompts.</param>
    /// <param name="options">Sites and axes.</param>
    /// <param name="corrupted">Whether corrupted prompts are changed.</param>
    public static bool TellPositions(
        Runtime.TransformerModel model, IReadOnlyList<PromptPair> pairs, SweepOptions options, bool corrupted = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pairs);
        return pairs.Count > 1 && new SweepCells(model.Hooks, options, pairs, corrupted).TellPositions;
    }

    /// <summary>How prompts differ in where things stand: in length, or in the place of a named span; null when they line up.</summary>
    /// <param name="pairs">The prompts.</param>
    /// <param name="corrupted">Whether the corrupted prompts are meant.</param>
    public static string? Difference(IReadOnlyList<PromptPair> pairs, bool corrupted = false)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        int[] lengths = [.. pairs.Select(p => (corrupted ? p.Corrupted : p.Clean).Count)];
        if (lengths.Distinct().Count() > 1)
        {
            return $"the prompts have {lengths.Min()} to {lengths.Max()} tokens";
        }

        int[] rows = PromptPair.Rows(pairs);
        foreach (string span in pairs.SelectMany(p => p.Spans.Keys).Distinct().Order(StringComparer.Ordinal))
        {
            int[] having = [.. Enumerable.Range(0, pairs.Count).Where(i => pairs[i].SpanIn(span, corrupted).Count > 0)];
            int other = Array.FindIndex(having, i => !pairs[i].SpanIn(span, corrupted).SequenceEqual(pairs[having[0]].SpanIn(span, corrupted)));
            if (other > 0)
            {
                return $"span '{span}' is at positions {Listed(having[0])} of prompt {rows[having[0]]} and at {Listed(having[other])} of prompt {rows[having[other]]}";
            }

            string Listed(int pair) => string.Join(',', pairs[pair].SpanIn(span, corrupted));
        }

        return null;
    }
}

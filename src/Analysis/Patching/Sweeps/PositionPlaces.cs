namespace Interp.Analysis;

/// <summary>The places that positions of prompts are told apart by.</summary>
internal static class PositionPlaces
{
    /// <summary>Every place that some prompt has, in the order of positions.</summary>
    /// <param name="pairs">The prompts.</param>
    /// <param name="corrupted">Whether corrupted prompts are changed.</param>
    /// <param name="options">How prompts are aligned.</param>
    /// <exception cref="InvalidInputException">They are aligned by a span, and it is not clear by which.</exception>
    public static IEnumerable<CellPlace> Of(IReadOnlyList<PromptPair> pairs, bool corrupted, SweepOptions options)
    {
        int longest = pairs.Max(p => Length(p, corrupted));
        return options.Align switch
        {
            PositionAlignment.End => Enumerable.Range(-longest, longest).Select(CellPlace.At),
            PositionAlignment.Span => Beside(pairs, corrupted, options.Spans),
            _ => Enumerable.Range(0, longest).Select(CellPlace.At),
        };
    }

    private static IEnumerable<CellPlace> Beside(IReadOnlyList<PromptPair> pairs, bool corrupted, IReadOnlyList<string> asked)
    {
        string[] names = asked.Count > 0 ? [.. asked] : [.. pairs.SelectMany(p => p.Spans.Keys).Distinct()];
        if (names.Length != 1)
        {
            throw new InvalidInputException(
                $"align span: expected the name of one span (--spans NAME), found {(names.Length == 0 ? "none" : string.Join(", ", names))}; "
                + PromptPair.KnownSpans(pairs));
        }

        string name = names[0];
        (IReadOnlyList<int> Span, int Length)[] found =
            [.. pairs.Select(p => (p.SpanIn(name, corrupted), Length(p, corrupted))).Where(p => p.Item1.Count > 0)];
        if (found.Length == 0)
        {
            throw new InvalidInputException($"span '{name}': no prompt has it; {PromptPair.KnownSpans(pairs)}");
        }

        int before = found.Max(f => f.Span.Min()), within = found.Max(f => f.Span.Count), behind = found.Max(f => f.Length - 1 - f.Span.Max());
        return
        [
            .. Enumerable.Range(0, before).Select(i => CellPlace.Beside(name, SpanSide.Before, before - i)),
            .. Enumerable.Range(0, within).Select(i => CellPlace.Beside(name, SpanSide.Within, i)),
            .. Enumerable.Range(1, behind).Select(i => CellPlace.Beside(name, SpanSide.Behind, i)),
        ];
    }

    private static int Length(PromptPair pair, bool corrupted) => (corrupted ? pair.Corrupted : pair.Clean).Count;
}

using System.Globalization;

namespace Interp.Analysis;

/// <summary>On which side of a named span a position is.</summary>
public enum SpanSide
{
    /// <summary>Before its first token.</summary>
    Before,

    /// <summary>One of its tokens.</summary>
    Within,

    /// <summary>Behind its last token.</summary>
    Behind,
}

/// <summary>
/// The positions of a cell: all, one, those listed, or those of a named span, which each prompt has at places of its own.
/// </summary>
public sealed record CellPlace
{
    private readonly int[]? _listed;
    private readonly (string Span, SpanSide Side, int Offset)? _beside;

    private CellPlace(string? name, int[]? listed)
    {
        Name = name;
        _listed = listed;
    }

    private CellPlace(string name, (string Span, SpanSide Side, int Offset) beside)
        : this(name, null) => _beside = beside;

    /// <summary>Every position.</summary>
    public static CellPlace All { get; } = new(null, null);

    /// <summary>
    /// What tables call it in the column <c>span</c>: the name of a span, a place beside one, or positions from the end; null for all positions and
    /// for one that is counted from 0.
    /// </summary>
    public string? Name { get; }

    /// <summary>The position, when it is one that is the same in every prompt.</summary>
    public int? Index => Name is null && _listed is [int only] ? only : null;

    /// <summary>Whether every position is meant.</summary>
    public bool IsAll => Name is null && _listed is null;

    /// <summary>One position.</summary>
    /// <param name="position">Position; a negative one counts from each prompt's end and is named by its number.</param>
    public static CellPlace At(int position) => new(
        position < 0 ? position.ToString(CultureInfo.InvariantCulture) : null, [position]);

    /// <summary>Several positions together.</summary>
    /// <param name="positions">Positions; negative ones count from each prompt's end.</param>
    public static CellPlace Of(IReadOnlyList<int> positions)
    {
        ArgumentNullException.ThrowIfNull(positions);
        return positions.Count == 1 ? At(positions[0]) : new CellPlace(string.Join(',', positions), [.. positions]);
    }

    /// <summary>A named span.</summary>
    /// <param name="name">Name of a span of the prompts (<see cref="PromptPair.Spans"/>).</param>
    public static CellPlace Span(string name) => new(name, null);

    /// <summary>One position, counted from a named span, which each prompt has at places of its own.</summary>
    /// <param name="span">Name of the span.</param>
    /// <param name="side">On which side of it.</param>
    /// <param name="offset">Before and behind it the distance, from 1; within it the place among its tokens, from 0.</param>
    public static CellPlace Beside(string span, SpanSide side, int offset) => new(
        $"{span}{(side == SpanSide.Before ? '-' : side == SpanSide.Within ? ':' : '+')}{offset.ToString(CultureInfo.InvariantCulture)}",
        (span, side, offset));

    /// <summary>The positions in one prompt, ascending; null = all; empty = the prompt does not have the place.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="corrupted">Whether the corrupted prompt is meant.</param>
    public int[]? In(PromptPair pair, bool corrupted = false)
    {
        ArgumentNullException.ThrowIfNull(pair);
        if (IsAll)
        {
            return null;
        }

        int length = (corrupted ? pair.Corrupted : pair.Clean).Count;
        IEnumerable<int> positions = _listed is not null
            ? _listed.Select(p => p < 0 ? p + length : p)
            : _beside is { } beside ? At(pair.SpanIn(beside.Span, corrupted), beside.Side, beside.Offset)
            : pair.SpanIn(Name!, corrupted);
        int[] found = [.. positions.Distinct().Order()];
        return found.Length > 0 && found[0] >= 0 && found[^1] < length ? found : [];
    }

    private static IEnumerable<int> At(IReadOnlyList<int> span, SpanSide side, int offset) => side switch
    {
        _ when span.Count == 0 => [],
        SpanSide.Before => [span.Min() - offset],
        SpanSide.Behind => [span.Max() + offset],
        _ => span.Order().Skip(offset).Take(1),
    };

    /// <inheritdoc/>
    public bool Equals(CellPlace? other) => other is not null && Name == other.Name && _beside == other._beside
        && (_listed is null ? other._listed is null : other._listed is not null && _listed.AsSpan().SequenceEqual(other._listed));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, _listed?.Length, _listed?.FirstOrDefault());

    /// <inheritdoc/>
    public override string ToString() => Name ?? Index?.ToString(CultureInfo.InvariantCulture) ?? "all";
}

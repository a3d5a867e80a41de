using System.Globalization;

namespace Interp.Analysis;

/// <summary>
/// The positions of a cell: all, one, those listed, or those of a named span, which each prompt has at places of its own.
/// </summary>
public sealed record CellPlace
{
    private readonly int[]? _listed;

    private CellPlace(string? name, int[]? listed)
    {
        Name = name;
        _listed = listed;
    }

    /// <summary>Every position.</summary>
    public static CellPlace All { get; } = new(null, null);

    /// <summary>What tables call it in the column <c>span</c>; null for all positions and for one that is counted from 0.</summary>
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
            : pair.SpanIn(Name!, corrupted);
        int[] found = [.. positions.Distinct().Order()];
        return found.Length > 0 && found[0] >= 0 && found[^1] < length ? found : [];
    }

    /// <inheritdoc/>
    public bool Equals(CellPlace? other) => other is not null && Name == other.Name
        && (_listed is null ? other._listed is null : other._listed is not null && _listed.AsSpan().SequenceEqual(other._listed));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, _listed?.Length, _listed?.FirstOrDefault());

    /// <inheritdoc/>
    public override string ToString() => Name ?? Index?.ToString(CultureInfo.InvariantCulture) ?? "all";
}

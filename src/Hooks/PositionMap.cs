namespace Interp.Hooks;

/// <summary>
/// Which position of a source run replaces which position of the run that is changed, for prompts whose words do not
/// stand at the same places. Positions count from 0. Compared by content.
/// </summary>
public sealed class PositionMap : IEquatable<PositionMap>
{
    private readonly SortedDictionary<int, int> _sources = [];

    /// <summary>Creates a map.</summary>
    /// <param name="pairs">Pairs of changed position and the source run's position.</param>
    /// <exception cref="InvalidInputException">No pair, a negative position, or a position mapped twice.</exception>
    public PositionMap(params IEnumerable<(int Destination, int Source)> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        foreach ((int destination, int source) in pairs)
        {
            if (destination < 0 || source < 0)
            {
                throw new InvalidInputException($"position map {destination}<-{source}: expected positions from 0");
            }

            if (!_sources.TryAdd(destination, source))
            {
                throw new InvalidInputException($"position map: position {destination} is mapped twice");
            }
        }

        if (_sources.Count == 0)
        {
            throw new InvalidInputException("position map: expected at least one pair of positions, found none");
        }
    }

    /// <summary>The pairs, by ascending changed position.</summary>
    public IEnumerable<(int Destination, int Source)> Pairs => _sources.Select(pair => (pair.Key, pair.Value));

    /// <summary>Finds the source run's position for a position of the changed run.</summary>
    /// <param name="destination">Position in the changed run.</param>
    /// <param name="source">Position in the source run.</param>
    public bool TryGet(int destination, out int source) => _sources.TryGetValue(destination, out source);

    /// <inheritdoc/>
    public bool Equals(PositionMap? other) => other is not null && Pairs.SequenceEqual(other.Pairs);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PositionMap);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach ((int destination, int source) in Pairs)
        {
            hash.Add((destination, source));
        }

        return hash.ToHashCode();
    }

    /// <summary>The pairs, such as <c>0&lt;-0 4&lt;-5</c>.</summary>
    public override string ToString() => string.Join(' ', Pairs.Select(pair => $"{pair.Destination}<-{pair.Source}"));
}

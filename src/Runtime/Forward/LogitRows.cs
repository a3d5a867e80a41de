using Interp.Hooks;

namespace Interp.Runtime;

/// <summary>For which positions of each sequence logits are computed. The default is <see cref="All"/>.</summary>
public readonly record struct LogitRows
{
    private readonly IndexSet _positions;
    private readonly IndexSet[]? _each;

    private LogitRows(IndexSet positions) => _positions = positions;

    private LogitRows(IndexSet[] each) => _each = each;

    /// <summary>Every position.</summary>
    public static LogitRows All => default;

    /// <summary>The last position of each sequence.</summary>
    public static LogitRows Last => At(-1);

    /// <summary>None.</summary>
    public static LogitRows None => At(IndexSet.Of());

    /// <summary>These positions of each sequence.</summary>
    /// <param name="positions">Positions; negative ones count from each sequence's end.</param>
    public static LogitRows At(IndexSet positions) => new(positions);

    /// <summary>Positions of each sequence of its own.</summary>
    /// <param name="positions">The positions of each sequence of the batch; negative ones count from the sequence's end.</param>
    public static LogitRows Each(IReadOnlyList<IndexSet> positions)
    {
        ArgumentNullException.ThrowIfNull(positions);
        return new([.. positions]);
    }

    /// <summary>Whether both choose the same positions.</summary>
    /// <param name="other">The other choice.</param>
    public bool Equals(LogitRows other) => _positions == other._positions
        && (_each is null ? other._each is null : other._each is not null && _each.AsSpan().SequenceEqual(other._each));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_positions, _each?.Length);

    /// <summary><c>all</c>, or the positions.</summary>
    public override string ToString() => _each is null ? _positions.ToString() : string.Join(" | ", _each);

    /// <summary>The choice for a batch of some of the sequences.</summary>
    internal LogitRows Part(IEnumerable<int> sequences)
    {
        IndexSet[]? each = _each;
        return each is null ? this : new([.. sequences.Select(s => each[s])]);
    }

    /// <summary>The positions in a sequence of this length, ascending.</summary>
    /// <exception cref="InvalidInputException">A position is out of range.</exception>
    internal int[] Resolve(int length, int sequence)
    {
        IndexSet positions = _each is null ? _positions
            : sequence < _each.Length ? _each[sequence]
            : throw new InvalidInputException($"logits: expected positions for each sequence, found those of {_each.Length}");
        foreach (int position in positions.Listed)
        {
            Positions.Resolve(position, length, $"prompt {sequence}");
        }

        return positions.Resolve(length);
    }
}

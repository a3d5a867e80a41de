using System.Collections.Immutable;
using System.Globalization;

namespace Interp.Hooks;

/// <summary>A set of indices (positions, heads, neurons, sequences), or all of them. Negative ones count from the end.</summary>
public readonly struct IndexSet : IEquatable<IndexSet>
{
    private readonly ImmutableArray<int> _indices;

    private IndexSet(ImmutableArray<int> indices) => _indices = indices;

    /// <summary>Every index.</summary>
    public static IndexSet All => default;

    /// <summary>Whether this is every index.</summary>
    public bool IsAll => _indices.IsDefault;

    /// <summary>The indices as they were given; empty when <see cref="IsAll"/>.</summary>
    public ImmutableArray<int> Indices => IsAll ? [] : _indices;

    /// <summary>These indices.</summary>
    /// <param name="indices">At least one; negative counts from the end.</param>
    /// <exception cref="InvalidInputException">There is none.</exception>
    public static IndexSet Of(params IEnumerable<int> indices)
    {
        ImmutableArray<int> given = [.. indices.Distinct()];
        return given.IsEmpty
            ? throw new InvalidInputException("a set of indices: expected at least one, found none; leave it out to mean all")
            : new IndexSet(given);
    }

    /// <summary>One index.</summary>
    /// <param name="index">The index.</param>
    public static implicit operator IndexSet(int index) => Of(index);

    /// <summary>Several indices.</summary>
    /// <param name="indices">The indices.</param>
    public static implicit operator IndexSet(int[] indices) => Of(indices);

    /// <summary>Whether two sets were given alike.</summary>
    /// <param name="left">One set.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(IndexSet left, IndexSet right) => left.Equals(right);

    /// <summary>Whether two sets were given differently.</summary>
    /// <param name="left">One set.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(IndexSet left, IndexSet right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(IndexSet other) => IsAll == other.IsAll && Indices.AsSpan().SequenceEqual(other.Indices.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is IndexSet other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Indices.Aggregate(IsAll ? 1 : 2, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() =>
        IsAll ? "all" : string.Join(',', Indices.Select(i => i.ToString(CultureInfo.InvariantCulture)));

    /// <summary>The indices in ascending order with negative ones counted from <paramref name="length"/>; null = all.</summary>
    internal int[]? Resolve(int length) => IsAll ? null : [.. Indices.Select(i => i < 0 ? i + length : i).Distinct().Order()];
}

using System.Globalization;

namespace Interp.Hooks;

/// <summary>
/// All indices of an axis, or the ones listed; negative indices count from the end. The default value is
/// <see cref="All"/>. Equality compares what was listed, in the order it was listed.
/// </summary>
public readonly struct IndexSet : IEquatable<IndexSet>
{
    private readonly int[]? _indices;

    private IndexSet(int[] indices) => _indices = indices;

    /// <summary>Every index of the axis.</summary>
    public static IndexSet All => default;

    /// <summary>Whether every index of the axis is meant.</summary>
    public bool IsAll => _indices is null;

    /// <summary>The indices as listed; empty for <see cref="All"/>.</summary>
    public ReadOnlySpan<int> Listed => _indices;

    /// <summary>One index.</summary>
    /// <param name="index">The index; negative counts from the end.</param>
    public static implicit operator IndexSet(int index) => Of(index);

    /// <summary>Several indices.</summary>
    /// <param name="indices">The indices; negative ones count from the end.</param>
    public static implicit operator IndexSet(int[] indices) => Of(indices);

    /// <summary>Compares what was listed.</summary>
    /// <param name="left">One set.</param>
    /// <param name="right">Another set.</param>
    public static bool operator ==(IndexSet left, IndexSet right) => left.Equals(right);

    /// <summary>Compares what was listed.</summary>
    /// <param name="left">One set.</param>
    /// <param name="right">Another set.</param>
    public static bool operator !=(IndexSet left, IndexSet right) => !left.Equals(right);

    /// <summary>The indices given; the array is copied.</summary>
    /// <param name="indices">The indices; negative ones count from the end.</param>
    public static IndexSet Of(params int[] indices)
    {
        ArgumentNullException.ThrowIfNull(indices);
        return new IndexSet([.. indices]);
    }

    /// <summary>The indices meant on an axis of this length, ascending and without duplicates.</summary>
    /// <param name="length">Length of the axis.</param>
    /// <exception cref="InvalidInputException">An index is outside the axis.</exception>
    public int[] Resolve(int length) =>
        TryResolve(length, length, out int[] resolved, out int outside)
            ? resolved
            : throw new InvalidInputException($"index {outside} is out of range, expected {-length}..{length - 1}");

    /// <summary>Whether an index of an axis is meant.</summary>
    /// <param name="index">Index from 0.</param>
    /// <param name="length">Length of the axis, against which negative indices are resolved.</param>
    public bool Contains(int index, int length)
    {
        if (_indices is null)
        {
            return index >= 0 && index < length;
        }

        foreach (int listed in _indices)
        {
            if ((listed < 0 ? listed + length : listed) == index)
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public bool Equals(IndexSet other) => IsAll == other.IsAll && Listed.SequenceEqual(other.Listed);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is IndexSet other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(IsAll);
        foreach (int index in Listed)
        {
            hash.Add(index);
        }

        return hash.ToHashCode();
    }

    /// <summary><c>all</c>, or the indices: <c>3,-1</c>.</summary>
    public override string ToString() =>
        _indices is null ? "all" : string.Join(',', _indices.Select(i => i.ToString(CultureInfo.InvariantCulture)));

    /// <summary>
    /// Resolves negative indices against <paramref name="length"/> and allows indices below <paramref name="limit"/>,
    /// which is larger for an axis that may still grow.
    /// </summary>
    internal bool TryResolve(int length, int limit, out int[] resolved, out int outside)
    {
        outside = 0;
        resolved = [];
        if (_indices is null)
        {
            resolved = [.. Enumerable.Range(0, limit)];
            return true;
        }

        SortedSet<int> found = [];
        foreach (int listed in _indices)
        {
            int index = listed < 0 ? listed + length : listed;
            if (index < 0 || index >= limit)
            {
                outside = listed;
                return false;
            }

            found.Add(index);
        }

        resolved = [.. found];
        return true;
    }
}

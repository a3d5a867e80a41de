namespace Interp.Runtime.Weights;

/// <summary>How many tensors of a source are stored in one type.</summary>
/// <param name="Type">The type under the format's name, such as <c>BF16</c> or <c>Q4_K</c>.</param>
/// <param name="Tensors">The number of tensors.</param>
/// <param name="Bytes">Their bytes as they are stored.</param>
public sealed record StoredType(string Type, int Tensors, long Bytes)
{
    /// <summary>Sums up tensors by type, the type with the most bytes first.</summary>
    internal static IReadOnlyList<StoredType> Sum(IEnumerable<(string Type, long Bytes)> tensors)
    {
        var sums = new Dictionary<string, StoredType>(StringComparer.Ordinal);
        foreach ((string type, long bytes) in tensors)
        {
            StoredType sum = sums.GetValueOrDefault(type) ?? new StoredType(type, 0, 0);
            sums[type] = new StoredType(type, sum.Tensors + 1, sum.Bytes + bytes);
        }

        List<StoredType> sorted = [.. sums.Values];
        sorted.Sort((a, b) => a.Bytes != b.Bytes ? b.Bytes.CompareTo(a.Bytes) : string.CompareOrdinal(a.Type, b.Type));
        return sorted;
    }
}

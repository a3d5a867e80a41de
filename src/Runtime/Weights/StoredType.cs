namespace Interp.Runtime.Weights;

/// <summary>How many tensors of a source are stored in one type.</summary>
/// <param name="Type">The type under the format's name, such as <c>BF16</c> or <c>Q4_K</c>.</param>
/// <param name="Tensors">The number of tensors.</param>
/// <param name="Bytes">Their bytes as they are stored.</param>
public sealed record StoredType(string Type, int Tensors, long Bytes)
{
    /// <summary>Sums up tensors by type, the type with the most bytes first.</summary>
    internal static IReadOnlyList<StoredType> Sum(IEnumerable<(string Type, long Bytes)> tensors) =>
    [
        .. tensors.GroupBy(tensor => tensor.Type)
            .Select(group => new StoredType(group.Key, group.Count(), group.Sum(tensor => tensor.Bytes)))
            .OrderByDescending(sum => sum.Bytes)
            .ThenBy(sum => sum.Type, StringComparer.Ordinal),
    ];
}

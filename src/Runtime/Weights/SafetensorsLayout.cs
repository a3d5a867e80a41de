using Interp.Runtime.Machine;

namespace Interp.Runtime.Weights;

/// <summary>
/// Checks that the tensors of a header fill the data behind it exactly: the format allows neither overlap nor holes.
/// </summary>
internal static class SafetensorsLayout
{
    /// <summary>Checks every byte range by itself, then all of them in the order of their bytes.</summary>
    /// <param name="tensors">The header's tensors in any order.</param>
    /// <param name="dataLength">The bytes behind the header.</param>
    /// <param name="file">The file, for messages.</param>
    /// <exception cref="InvalidInputException">A range is wrong, two overlap, or bytes belong to no tensor.</exception>
    public static void Check(IEnumerable<TensorEntry> tensors, long dataLength, string file)
    {
        TensorEntry[] sorted = [.. tensors];
        foreach (TensorEntry tensor in sorted)
            CheckRange(tensor, dataLength, file);
        // Empty tensors come before the one that begins at the same byte, so that neither overlaps the other.
        Array.Sort(sorted, (a, b) => (a.Begin, a.End).CompareTo((b.Begin, b.End)));
        TensorEntry? previous = null;
        foreach (TensorEntry tensor in sorted)
        {
            long covered = previous?.End ?? 0;
            if (tensor.Begin < covered)
            {
                throw Error(file, tensor, $"its bytes {Range(tensor)} overlap those of tensor "
                    + $"{OneLine.Quote(previous!.Name)}, {Range(previous)}");
            }
            if (tensor.Begin > covered)
            {
                throw Error(file, tensor, $"expected it to begin at byte {covered}, found {tensor.Begin}: "
                    + "the bytes between belong to no tensor");
            }
            previous = tensor;
        }
        long end = previous?.End ?? 0;
        if (end != dataLength)
        {
            string last = previous is null ? "an empty header" : $"the last tensor {OneLine.Quote(previous.Name)}";
            throw new InvalidInputException(
                $"{file}: expected {end} bytes of data, where {last} ends, found {dataLength}: bytes that belong to no tensor");
        }
    }

    private static void CheckRange(TensorEntry tensor, long dataLength, string file)
    {
        if (tensor.Begin < 0 || tensor.End < 0)
            throw Error(file, tensor, $"data_offsets {Range(tensor)} must not be negative");
        if (tensor.Begin > tensor.End)
            throw Error(file, tensor, $"data_offsets {Range(tensor)} end before they begin");
        string shape = OneLine.Shape(tensor.Shape.AsSpan());
        long expected = tensor.Type.Size();
        foreach (int axis in tensor.Shape)
        {
            if (Math.BigMul(expected, axis, out long bytes) != 0 || bytes < 0)
                throw Error(file, tensor, $"the shape {shape} overflows: it needs more than {long.MaxValue} bytes");
            expected = bytes;
        }
        if (tensor.End - tensor.Begin != expected)
        {
            throw Error(file, tensor, $"expected {expected} bytes for {tensor.Type.Spelling()} of shape {shape}, "
                + $"found {tensor.End - tensor.Begin} (data_offsets {Range(tensor)})");
        }
        if (tensor.End > dataLength)
            throw Error(file, tensor, $"data_offsets {Range(tensor)} are out of range: the file has {dataLength} bytes of data");
    }

    private static string Range(TensorEntry tensor) => $"[{tensor.Begin}, {tensor.End}]";

    private static InvalidInputException Error(string file, TensorEntry tensor, string text) =>
        new($"{file}: tensor {OneLine.Quote(tensor.Name)}: {text}");
}

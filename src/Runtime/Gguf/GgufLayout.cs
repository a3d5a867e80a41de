using Interp.Runtime.Machine;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Gguf;

/// <summary>
/// Checks that the tensors of a header fill the data behind it: in any order, but without overlap, and with no more between
/// them than the padding to the next aligned byte.
/// </summary>
internal static class GgufLayout
{
    /// <summary>The bytes from a position to the next aligned one.</summary>
    public static long Padding(long position, int alignment) => (alignment - (position % alignment)) % alignment;

    /// <summary>Checks all tensors in the order of their bytes.</summary>
    /// <param name="tensors">The header's tensors in any order; their offsets are aligned.</param>
    /// <param name="dataStart">The first byte of the data, aligned.</param>
    /// <param name="fileLength">The bytes of the file.</param>
    /// <param name="alignment">The alignment.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="InvalidInputException">Two overlap, the file is cut off, or bytes belong to no tensor.</exception>
    public static void Check(IEnumerable<GgufTensor> tensors, long dataStart, long fileLength, int alignment, string path)
    {
        long length = Math.Max(0, fileLength - dataStart), end = 0;
        GgufTensor? previous = null;
        foreach (GgufTensor tensor in tensors.OrderBy(t => t.Offset))
        {
            string place = $"{path}: tensor {OneLine.Quote(tensor.Name)}";
            if (tensor.Offset < end)
            {
                throw new InvalidInputException(
                    $"{place}: its bytes from {tensor.Offset} overlap those of tensor {OneLine.Quote(previous!.Name)}, which end at {end}");
            }
            if (tensor.Offset - end >= alignment)
            {
                throw new InvalidInputException($"{place}: expected it to begin at byte {end + Padding(end, alignment)}, "
                    + $"found {tensor.Offset}: the bytes between belong to no tensor");
            }
            if (tensor.Bytes > length - tensor.Offset)
            {
                throw new InvalidInputException($"{place}: expected {tensor.Bytes} bytes of {tensor.Type.Spelling()} "
                    + $"{OneLine.Shape(tensor.Shape.AsSpan())} from {tensor.Offset}, found {Math.Max(0, length - tensor.Offset)}: "
                    + "the file is cut off");
            }
            end = tensor.Offset + tensor.Bytes;
            previous = tensor;
        }
        if (length - end >= alignment)
        {
            throw new InvalidInputException(
                $"{path}: expected the data to end at byte {end}, found {length}: bytes that belong to no tensor");
        }
    }
}

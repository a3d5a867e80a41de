using System.Buffers.Binary;

namespace Interp.Export;

/// <summary>
/// Where things are in an Arrow IPC file: the few fields of its FlatBuffers messages that mapping it into memory needs. Layout:
/// "ARROW1" and two bytes, messages (schema first), the footer, its length, "ARROW1".
/// </summary>
internal static class IpcFile
{
    private const int MagicBytes = 6, FirstMessage = 8;

    /// <summary>The bytes of the two schemas: of the first message, and of the footer.</summary>
    public static IEnumerable<(long Offset, int Length)> Schemas(Stream stream)
    {
        yield return (FirstMessage + 8, Int32At(stream, FirstMessage + 4));
        yield return Footer(stream);
    }

    /// <summary>The record batches: where each begins, the bytes of its message, the bytes of its body.</summary>
    public static (long Offset, int Message, long Body)[] Batches(Stream stream)
    {
        (long offset, int length) = Footer(stream);
        var footer = new byte[length];
        stream.Position = offset;
        stream.ReadExactly(footer);
        var table = FlatTable.Root(footer);
        int blocks = table.Vector(3, out int count);
        var batches = new (long, int, long)[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> block = footer.AsSpan(blocks + (i * 24), 24);
            batches[i] = (
                BinaryPrimitives.ReadInt64LittleEndian(block), BinaryPrimitives.ReadInt32LittleEndian(block[8..]),
                BinaryPrimitives.ReadInt64LittleEndian(block[16..]));
        }

        return batches;
    }

    /// <summary>The rows of a record batch, and where in its body each buffer begins.</summary>
    /// <param name="message">The message, with the eight bytes before it.</param>
    /// <exception cref="InvalidInputException">The buffers are compressed.</exception>
    public static (long Rows, long[] Buffers) Batch(byte[] message)
    {
        FlatTable batch = FlatTable.Root(message, 8).Table(2);
        if (batch.Has(3))
        {
            throw new InvalidInputException("it is compressed; expected an uncompressed file, which can be mapped into memory");
        }

        int buffers = batch.Vector(2, out int count);
        return (
            batch.Int64(0),
            [.. Enumerable.Range(0, count).Select(i => BinaryPrimitives.ReadInt64LittleEndian(message.AsSpan(buffers + (i * 16))))]);
    }

    private static (long Offset, int Length) Footer(Stream stream)
    {
        int length = Int32At(stream, stream.Length - MagicBytes - sizeof(int));
        return (stream.Length - MagicBytes - sizeof(int) - length, length);
    }

    private static int Int32At(Stream stream, long offset)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        stream.Position = offset;
        stream.ReadExactly(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    /// <summary>A table of a FlatBuffer: its fields are found through its list of offsets.</summary>
    private readonly struct FlatTable(byte[] bytes, int at)
    {
        public static FlatTable Root(byte[] bytes, int start = 0) => new(bytes, start + Int32(bytes, start));

        public bool Has(int field) => Field(field) != 0;

        public long Int64(int field) => Has(field) ? BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at + Field(field))) : 0;

        public FlatTable Table(int field)
        {
            int place = at + Field(field);
            return new FlatTable(bytes, place + Int32(bytes, place));
        }

        public int Vector(int field, out int count)
        {
            if (!Has(field))
            {
                count = 0;
                return 0;
            }

            int place = at + Field(field);
            int vector = place + Int32(bytes, place);
            count = Int32(bytes, vector);
            return vector + sizeof(int);
        }

        private int Field(int field)
        {
            int offsets = at - Int32(bytes, at), slot = 4 + (2 * field);
            return slot < BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(offsets))
                ? BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(offsets + slot))
                : 0;
        }

        private static int Int32(byte[] bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));
    }
}

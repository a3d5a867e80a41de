using System.Buffers.Binary;

namespace Interp.Runtime.Tests.Fuzzing;

/// <summary>Changes of GGUF: bytes, and the numbers of the header: counts, lengths, types, axes, offsets.</summary>
internal static class GgufMutator
{
    private static readonly int[] Sizes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];

    /// <summary>Changes a file.</summary>
    public static byte[] Change(Random random, byte[] bytes)
    {
        (List<(int At, int Size)> numbers, int end) = Numbers(bytes);
        if (random.Next(2) == 0)
        {
            return ByteMutator.Change(random, bytes, end);
        }

        byte[] result = [.. bytes];
        for (int changes = random.Next(1, 3); changes > 0; changes--)
        {
            (int at, int size) = numbers[random.Next(numbers.Count)];
            long old = size == 8 ? BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at)) : BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));
            ByteMutator.Put(result, at, random.Next(2) == 0 ? ByteMutator.Edge(random) : old + random.Next(-8, 9), size);
        }

        return result;
    }

    /// <summary>Where the header of a right file has numbers, and where it ends.</summary>
    private static (List<(int At, int Size)> Numbers, int End) Numbers(byte[] bytes)
    {
        List<(int, int)> found = [(4, 4), (8, 8), (16, 8)];
        int at = 24;
        long tensors = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8)), keys = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(16));
        for (long i = 0; i < keys; i++)
        {
            Text();
            Value((int)U32());
        }

        for (long i = 0; i < tensors; i++)
        {
            Text();
            uint axes = U32();
            for (uint axis = 0; axis < axes; axis++)
            {
                U64();
            }

            U32();
            U64();
        }

        return (found, at);

        uint U32()
        {
            found.Add((at, 4));
            at += 4;
            return BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at - 4));
        }

        long U64()
        {
            found.Add((at, 8));
            at += 8;
            return BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at - 8));
        }

        void Text()
        {
            int length = (int)U64();
            at += length;
        }

        void Value(int type)
        {
            switch (type)
            {
                case 8:
                    Text();
                    break;
                case 9:
                    int element = (int)U32();
                    long count = U64();
                    // Of long lists the first elements stand for all.
                    int known = found.Count + 4;
                    for (long i = 0; i < count; i++)
                    {
                        Value(element);
                        found.RemoveRange(Math.Min(known, found.Count), Math.Max(0, found.Count - known));
                    }

                    break;
                default:
                    if (Sizes[type] >= 4)
                    {
                        found.Add((at, Sizes[type]));
                    }

                    at += Sizes[type];
                    break;
            }
        }
    }
}

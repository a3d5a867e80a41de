using System.Buffers.Binary;

namespace Interp.Runtime.Tests.Fuzzing;

/// <summary>Changes of bytes that know nothing of a format: flips, numbers at the edges, cuts, copies, insertions.</summary>
internal static class ByteMutator
{
    private static readonly long[] Edges =
    [
        0, 1, 2, 7, 8, 127, 128, 255, 256, 32767, 65535, 65536, int.MaxValue, uint.MaxValue, 1L << 31, 1L << 32, 1L << 40,
        long.MaxValue, long.MaxValue - 7, -1, -2, -8, int.MinValue, long.MinValue,
    ];

    /// <summary>A number at which readers go wrong.</summary>
    public static long Edge(Random random) => Edges[random.Next(Edges.Length)];

    /// <summary>One to three changes, half of them in the first bytes, where headers are.</summary>
    /// <param name="random">Chooses.</param>
    /// <param name="bytes">The file.</param>
    /// <param name="head">How many bytes are the header.</param>
    public static byte[] Change(Random random, byte[] bytes, int head)
    {
        List<byte> result = [.. bytes];
        for (int changes = random.Next(1, 4); changes > 0 && result.Count > 0; changes--)
        {
            int reach = Math.Max(1, Math.Min(random.Next(2) > 0 ? head : result.Count, result.Count));
            int at = random.Next(reach), count = Math.Min(random.Next(1, 64), result.Count - at);
            switch (random.Next(9))
            {
                case 0 or 1:
                    result[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    result[at] = (byte)random.Next(256);
                    break;
                case 3:
                    Put(result, at, Edge(random), 1 << random.Next(4));
                    break;
                case 4:
                    result.RemoveRange(at, result.Count - at);
                    break;
                case 5:
                    result.RemoveRange(at, count);
                    break;
                case 6:
                    result.InsertRange(random.Next(reach), [.. result.Skip(at).Take(count)]);
                    break;
                case 7:
                    int to = random.Next(result.Count);
                    for (int i = 0; i < count && to + i < result.Count; i++)
                    {
                        result[to + i] = result[at + i];
                    }

                    break;
                default:
                    result.InsertRange(at, new byte[count]);
                    break;
            }
        }

        return [.. result];
    }

    /// <summary>Writes a little-endian number over bytes.</summary>
    public static void Put(IList<byte> bytes, int at, long value, int size)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, value);
        for (int i = 0; i < size && at + i < bytes.Count; i++)
        {
            bytes[at + i] = number[i];
        }
    }
}

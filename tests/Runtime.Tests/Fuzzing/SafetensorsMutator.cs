using System.Buffers.Binary;
using Interp.Runtime.Tests.Weights;

namespace Interp.Runtime.Tests.Fuzzing;

/// <summary>Changes of safetensors: bytes, and the header's JSON with a length that fits or does not.</summary>
internal static class SafetensorsMutator
{
    /// <summary>Changes a file.</summary>
    public static byte[] Change(Random random, byte[] bytes)
    {
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        if (random.Next(2) == 0)
        {
            return ByteMutator.Change(random, bytes, 8 + length);
        }

        byte[] header = JsonMutator.Change(random, bytes[8..(8 + length)]);
        byte[] result = TemporaryDirectory.Safetensors(header, bytes[(8 + length)..]);
        if (random.Next(8) == 0)
        {
            ByteMutator.Put(result, 0, random.Next(2) == 0 ? ByteMutator.Edge(random) : header.Length + random.Next(-9, 9), sizeof(long));
        }

        return result;
    }
}

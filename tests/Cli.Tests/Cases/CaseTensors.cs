using System.Buffers.Binary;
using System.Text.Json;

namespace Interp.Cli.Tests.Cases;

/// <summary>A tensor's shape and values.</summary>
internal sealed record CaseTensor(int[] Shape, double[] Values);

/// <summary>A reader of safetensors for the tests alone, so that a fault of the tool's own reader is not on both sides.</summary>
internal static class CaseTensors
{
    private delegate double Element(ReadOnlySpan<byte> bytes);

    private static readonly Dictionary<string, (int Size, Element Read)> Types = new()
    {
        ["F64"] = (8, BinaryPrimitives.ReadDoubleLittleEndian),
        ["F32"] = (4, b => BinaryPrimitives.ReadSingleLittleEndian(b)),
        ["F16"] = (2, b => (double)BinaryPrimitives.ReadHalfLittleEndian(b)),
        ["BF16"] = (2, b => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(b) << 16)),
        ["I64"] = (8, b => BinaryPrimitives.ReadInt64LittleEndian(b)),
        ["I32"] = (4, b => BinaryPrimitives.ReadInt32LittleEndian(b)),
        ["U8"] = (1, b => b[0]),
        ["BOOL"] = (1, b => b[0]),
    };

    /// <summary>All tensors of a file by name.</summary>
    public static Dictionary<string, CaseTensor> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int header = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file));
        using JsonDocument document = JsonDocument.Parse(file.AsMemory(8, header));
        Dictionary<string, CaseTensor> tensors = [];
        foreach (JsonProperty tensor in document.RootElement.EnumerateObject().Where(t => t.Name != "__metadata__"))
        {
            int[] offsets = Integers(tensor.Value.GetProperty("data_offsets"));
            (int size, Element read) = Types[tensor.Value.GetProperty("dtype").GetString()!];
            double[] values = new double[(offsets[1] - offsets[0]) / size];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = read(file.AsSpan(8 + header + offsets[0] + (i * size), size));
            }

            tensors[tensor.Name] = new CaseTensor(Integers(tensor.Value.GetProperty("shape")), values);
        }

        return tensors;
    }

    /// <summary>The tensor of one sequence (<c>tokens</c>) or of each of several (<c>0/tokens</c>, <c>1/tokens</c>, ...).</summary>
    public static List<CaseTensor> Sequences(IReadOnlyDictionary<string, CaseTensor> tensors, string name)
    {
        if (tensors.TryGetValue(name, out CaseTensor? only))
        {
            return [only];
        }

        List<CaseTensor> found = [];
        while (tensors.TryGetValue($"{found.Count}/{name}", out CaseTensor? next))
        {
            found.Add(next);
        }

        return found;
    }

    private static int[] Integers(JsonElement list) => [.. list.EnumerateArray().Select(i => i.GetInt32())];
}

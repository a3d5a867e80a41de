using System.Text;

namespace Interp.Runtime.Tests.Gguf;

/// <summary>Puts together the bytes of a GGUF file, right or wrong, without the project's code.</summary>
internal sealed class GgufBuilder
{
    private readonly List<Action<BinaryWriter>> keys = [];
    private readonly List<(string Name, ulong[] Axes, uint Type, byte[] Data, ulong? Offset)> tensors = [];

    public uint Version { get; init; } = 3;

    public byte[] Magic { get; init; } = [.. "GGUF"u8];

    public ulong? KeyCount { get; init; }

    public ulong? TensorCount { get; init; }

    public int Alignment { get; init; } = 32;

    /// <summary>A key with a value of one of the format's types; lists become arrays.</summary>
    public GgufBuilder With(string key, object value)
    {
        keys.Add(writer =>
        {
            Text(writer, key);
            writer.Write(TypeOf(value));
            Value(writer, value);
        });
        return this;
    }

    /// <summary>A key whose type and value are whatever is written.</summary>
    public GgufBuilder WithRaw(string key, Action<BinaryWriter> value)
    {
        keys.Add(writer =>
        {
            Text(writer, key);
            value(writer);
        });
        return this;
    }

    /// <summary>A tensor; axes outermost first, as everywhere but in the file.</summary>
    public GgufBuilder Tensor(string name, int[] shape, uint type, byte[] data, ulong? offset = null) =>
        RawTensor(name, [.. shape.Reverse().Select(axis => (ulong)axis)], type, data, offset);

    public GgufBuilder RawTensor(string name, ulong[] axes, uint type, byte[] data, ulong? offset = null)
    {
        tensors.Add((name, axes, type, data, offset));
        return this;
    }

    public GgufBuilder Floats(string name, int[] shape, float[] values) => Tensor(name, shape, 0, Blocks.Float32(values));

    public byte[] Build()
    {
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(TensorCount ?? (ulong)tensors.Count);
        writer.Write(KeyCount ?? (ulong)keys.Count);
        keys.ForEach(key => key(writer));
        ulong at = 0;
        foreach ((string name, ulong[] axes, uint type, byte[] data, ulong? offset) in tensors)
        {
            Text(writer, name);
            writer.Write((uint)axes.Length);
            Array.ForEach(axes, writer.Write);
            writer.Write(type);
            writer.Write(offset ?? at);
            at += (ulong)(data.Length + Padding(data.Length));
        }
        foreach (byte[] data in tensors.Select(tensor => tensor.Data))
        {
            writer.Write(new byte[Padding(buffer.Length)]);
            writer.Write(data);
        }
        return buffer.ToArray();
    }

    public static void Text(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private int Padding(long length) => (int)((Alignment - (length % Alignment)) % Alignment);

    private static uint TypeOf(object value) => value switch
    {
        byte => 0,
        sbyte => 1,
        ushort => 2,
        short => 3,
        uint => 4,
        int => 5,
        float => 6,
        bool => 7,
        string => 8,
        Array => 9,
        ulong => 10,
        long => 11,
        double => 12,
        _ => throw new ArgumentException(value.GetType().Name),
    };

    private static void Value(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case byte v: writer.Write(v); break;
            case sbyte v: writer.Write(v); break;
            case ushort v: writer.Write(v); break;
            case short v: writer.Write(v); break;
            case uint v: writer.Write(v); break;
            case int v: writer.Write(v); break;
            case float v: writer.Write(v); break;
            case bool v: writer.Write(v); break;
            case string v: Text(writer, v); break;
            case ulong v: writer.Write(v); break;
            case long v: writer.Write(v); break;
            case double v: writer.Write(v); break;
            default:
                object[] elements = [.. ((Array)value).Cast<object>()];
                writer.Write(elements.Length == 0 ? 4u : TypeOf(elements[0]));
                writer.Write((ulong)elements.Length);
                Array.ForEach(elements, element => Value(writer, element));
                break;
        }
    }
}

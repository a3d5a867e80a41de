using System.Buffers.Binary;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Gguf;

/// <summary>
/// The metadata of a GGUF file: values by key. They were checked when the file was opened and are read when asked for, so that a
/// long vocabulary costs nothing until it is needed.
/// </summary>
public sealed class GgufMetadata
{
    private readonly MappedFile file;
    private readonly string path;
    private readonly OrderedDictionary<string, (GgufValueType Type, long At)> values;

    internal GgufMetadata(MappedFile file, string path, OrderedDictionary<string, (GgufValueType Type, long At)> values)
    {
        this.file = file;
        this.path = path;
        this.values = values;
    }

    /// <summary>The keys in the order of the file.</summary>
    public IReadOnlyList<string> Keys => values.Keys;

    /// <summary>Whether there is a value of this key.</summary>
    /// <param name="key">The key.</param>
    public bool Has(string key) => values.ContainsKey(key);

    /// <summary>A value as .NET has it: a number, a bool, a string, or an <c>object[]</c> of them for an array.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="InvalidInputException">There is no such key.</exception>
    public object Value(string key)
    {
        if (!values.TryGetValue(key, out (GgufValueType Type, long At) found))
            throw Wrong(key, "a value", null);
        return Read(At(key, found.At), found.Type);
    }

    /// <summary>The number of elements of an array, without reading it.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="InvalidInputException">The key is missing, or its value is no array.</exception>
    public long Count(string key) => Peek(key) is Elements elements ? elements.Count : throw Wrong(key, "an array", Peek(key));

    /// <summary>A text.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fallback">The value without such a key; null = the key is required.</param>
    /// <exception cref="InvalidInputException">The key is missing, or its value is something else.</exception>
    public string Text(string key, string? fallback = null) => Peek(key) switch
    {
        string text => text,
        null when fallback is not null => fallback,
        var other => throw Wrong(key, "a text", other),
    };

    /// <summary>True or false.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fallback">The value without such a key.</param>
    /// <exception cref="InvalidInputException">The value is something else.</exception>
    public bool Flag(string key, bool fallback) => Peek(key) switch
    {
        bool flag => flag,
        null => fallback,
        object other => throw Wrong(key, "true or false", other),
    };

    /// <summary>An integer from 0 to 2147483647, whatever its width in the file.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fallback">The value without such a key; null = the key is required.</param>
    /// <exception cref="InvalidInputException">The key is missing, or its value is something else.</exception>
    public int Int(string key, int? fallback = null)
    {
        object? value = Peek(key);
        return (value is null ? fallback : Integer(value)) ?? throw Wrong(key, $"an integer from 0 to {int.MaxValue}", value);
    }

    /// <summary>A finite number, whatever its type in the file.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fallback">The value without such a key; null = the key is required.</param>
    /// <exception cref="InvalidInputException">The key is missing, or its value is something else.</exception>
    public double Number(string key, double? fallback = null)
    {
        object? value = Peek(key);
        return (value is null ? fallback : Finite(value)) ?? throw Wrong(key, "a finite number", value);
    }

    /// <summary>An array of texts.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="InvalidInputException">The key is missing, or its value is something else.</exception>
    public IReadOnlyList<string> Texts(string key) => List(key, "a text", value => value as string);

    /// <summary>An array of integers from 0 to 2147483647.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="InvalidInputException">The key is missing, or its value is something else.</exception>
    public IReadOnlyList<int> Ints(string key) =>
        [.. List(key, $"an integer from 0 to {int.MaxValue}", value => (object?)Integer(value)).Cast<int>()];

    /// <summary>An array of finite numbers.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="InvalidInputException">The key is missing, or its value is something else.</exception>
    public IReadOnlyList<double> Numbers(string key) =>
        [.. List(key, "a finite number", value => (object?)Finite(value)).Cast<double>()];

    /// <summary>An error about a key.</summary>
    internal InvalidInputException Error(string key, string text) => new($"{path}: metadata key {OneLine.Quote(key)}: {text}");

    private static int? Integer(object value) => value switch
    {
        byte v => v,
        sbyte v and >= 0 => v,
        ushort v => v,
        short v and >= 0 => v,
        uint v and <= int.MaxValue => (int)v,
        int v and >= 0 => v,
        ulong v and <= int.MaxValue => (int)v,
        long v and >= 0 and <= int.MaxValue => (int)v,
        _ => null,
    };

    private static double? Finite(object value) => value switch
    {
        float v => float.IsFinite(v) ? v : null,
        double v => double.IsFinite(v) ? v : null,
        sbyte v => v,
        short v => v,
        int v => v,
        long v => v,
        uint v => v,
        ulong v => v,
        _ => Integer(value),
    };

    private static object Read(GgufCursor cursor, GgufValueType type)
    {
        if (type == GgufValueType.Text)
            return cursor.Text();
        if (type != GgufValueType.Array)
            return Scalar(cursor.Take(type.Size()), type);
        var element = (GgufValueType)cursor.U32();
        object[] elements = new object[cursor.U64()];
        for (int i = 0; i < elements.Length; i++)
            elements[i] = Read(cursor, element);
        return elements;
    }

    private static object Scalar(ReadOnlySpan<byte> bytes, GgufValueType type) => type switch
    {
        GgufValueType.U8 => bytes[0],
        GgufValueType.I8 => (sbyte)bytes[0],
        GgufValueType.U16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        GgufValueType.I16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        GgufValueType.U32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        GgufValueType.I32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        GgufValueType.F32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        GgufValueType.Bool => bytes[0] != 0,
        GgufValueType.U64 => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        GgufValueType.I64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        _ => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
    };

    private GgufCursor At(string key, long position)
    {
        var cursor = new GgufCursor(file, path) { Position = position };
        cursor.Enter("metadata key", key);
        return cursor;
    }

    /// <summary>A value, or null without such a key; of an array only the number of elements.</summary>
    private object? Peek(string key)
    {
        if (!values.TryGetValue(key, out (GgufValueType Type, long At) found))
            return null;
        GgufCursor cursor = At(key, found.At);
        if (found.Type != GgufValueType.Array)
            return Read(cursor, found.Type);
        cursor.Skip(sizeof(uint));
        return new Elements((long)cursor.U64());
    }

    private T[] List<T>(string key, string expected, Func<object, T?> convert)
        where T : class
    {
        if (Peek(key) is not Elements)
            throw Wrong(key, "an array", Peek(key));
        return [.. ((object[])Value(key)).Select((element, i) => convert(element) ?? throw Error(
            key, $"expected {expected} at {i}, found {Shown(element)}"))];
    }

    private InvalidInputException Wrong(string key, string expected, object? found) =>
        Error(key, $"expected {expected}, found {Shown(found)}");

    private static string Shown(object? value) => value switch
    {
        null => "nothing",
        string text => $"the text {OneLine.Quote(text)}",
        object[] or Elements => "an array",
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private sealed record Elements(long Count);
}

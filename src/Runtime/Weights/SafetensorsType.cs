namespace Interp.Runtime.Weights;

/// <summary>The element types of a safetensors file that fill whole bytes, under the names that the format gives them.</summary>
public enum SafetensorsType
{
    /// <summary>BOOL: one byte, zero is false.</summary>
    Bool,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16,

    /// <summary>Signed 16-bit integer.</summary>
    I16,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>F8_E4M3: 8-bit float, 4 bits of exponent. Known to the reader, not converted.</summary>
    F8E4M3,

    /// <summary>F8_E5M2: 8-bit float, 5 bits of exponent. Known to the reader, not converted.</summary>
    F8E5M2,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>bfloat16: the upper half of a binary32.</summary>
    BF16,

    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>IEEE 754 binary64.</summary>
    F64,
}

/// <summary>Sizes and spellings of <see cref="SafetensorsType"/>.</summary>
public static class SafetensorsTypes
{
    private static readonly Dictionary<string, SafetensorsType> ByName =
        Enum.GetValues<SafetensorsType>().ToDictionary(Spelling, StringComparer.Ordinal);

    /// <summary>The bytes of one element.</summary>
    /// <param name="type">The element type.</param>
    /// <returns>1, 2, 4 or 8.</returns>
    public static int Size(this SafetensorsType type) => type switch
    {
        SafetensorsType.Bool or SafetensorsType.U8 or SafetensorsType.I8 => 1,
        SafetensorsType.F8E4M3 or SafetensorsType.F8E5M2 => 1,
        SafetensorsType.U16 or SafetensorsType.I16 or SafetensorsType.F16 or SafetensorsType.BF16 => 2,
        SafetensorsType.U32 or SafetensorsType.I32 or SafetensorsType.F32 => 4,
        SafetensorsType.U64 or SafetensorsType.I64 or SafetensorsType.F64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not an element type of safetensors."),
    };

    /// <summary>Whether the elements can be read as float32: F64, F32, F16 and BF16.</summary>
    /// <param name="type">The element type.</param>
    /// <returns>True for the four floating point types that are converted.</returns>
    public static bool IsFloat(this SafetensorsType type) =>
        type is SafetensorsType.F16 or SafetensorsType.BF16 or SafetensorsType.F32 or SafetensorsType.F64;

    /// <summary>How the format writes the type in a header.</summary>
    /// <param name="type">The element type.</param>
    /// <returns>For example <c>F32</c>, <c>BOOL</c> or <c>F8_E4M3</c>.</returns>
    public static string Spelling(this SafetensorsType type) => type switch
    {
        SafetensorsType.Bool => "BOOL",
        SafetensorsType.F8E4M3 => "F8_E4M3",
        SafetensorsType.F8E5M2 => "F8_E5M2",
        _ => type.ToString(),
    };

    /// <summary>Finds the type that a header names.</summary>
    /// <param name="spelling">The text of the header's <c>dtype</c>.</param>
    /// <param name="type">The type, when true is returned.</param>
    /// <returns>False when there is no such type.</returns>
    public static bool TryParse(string spelling, out SafetensorsType type) => ByName.TryGetValue(spelling, out type);

    /// <summary>All spellings, for error messages.</summary>
    internal static IEnumerable<string> Spellings => ByName.Keys;
}

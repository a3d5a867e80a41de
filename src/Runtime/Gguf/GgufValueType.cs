namespace Interp.Runtime.Gguf;

/// <summary>The types of a metadata value, with the numbers that the format gives them.</summary>
public enum GgufValueType
{
    /// <summary>Unsigned 8-bit integer.</summary>
    U8 = 0,

    /// <summary>Signed 8-bit integer.</summary>
    I8 = 1,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16 = 2,

    /// <summary>Signed 16-bit integer.</summary>
    I16 = 3,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32 = 4,

    /// <summary>Signed 32-bit integer.</summary>
    I32 = 5,

    /// <summary>IEEE 754 binary32.</summary>
    F32 = 6,

    /// <summary>One byte, 0 or 1.</summary>
    Bool = 7,

    /// <summary>UTF-8 text with its length in front.</summary>
    Text = 8,

    /// <summary>Values of one type, possibly arrays again.</summary>
    Array = 9,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64 = 10,

    /// <summary>Signed 64-bit integer.</summary>
    I64 = 11,

    /// <summary>IEEE 754 binary64.</summary>
    F64 = 12,
}

/// <summary>Sizes of <see cref="GgufValueType"/>.</summary>
internal static class GgufValueTypes
{
    /// <summary>The bytes of a value; 0 for texts and arrays, whose length varies.</summary>
    public static int Size(this GgufValueType type) => type switch
    {
        GgufValueType.U8 or GgufValueType.I8 or GgufValueType.Bool => 1,
        GgufValueType.U16 or GgufValueType.I16 => 2,
        GgufValueType.U32 or GgufValueType.I32 or GgufValueType.F32 => 4,
        GgufValueType.U64 or GgufValueType.I64 or GgufValueType.F64 => 8,
        _ => 0,
    };
}

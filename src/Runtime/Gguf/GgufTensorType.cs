namespace Interp.Runtime.Gguf;

/// <summary>The tensor types that are read, with the numbers that the format gives them.</summary>
public enum GgufTensorType
{
    /// <summary>IEEE 754 binary32.</summary>
    F32 = 0,

    /// <summary>IEEE 754 binary16.</summary>
    F16 = 1,

    /// <summary>Q4_0: blocks of 32, 4 bits each, a scale.</summary>
    Q40 = 2,

    /// <summary>Q4_1: blocks of 32, 4 bits each, a scale and a minimum.</summary>
    Q41 = 3,

    /// <summary>Q5_0: blocks of 32, 5 bits each, a scale.</summary>
    Q50 = 6,

    /// <summary>Q5_1: blocks of 32, 5 bits each, a scale and a minimum.</summary>
    Q51 = 7,

    /// <summary>Q8_0: blocks of 32, 8 bits each, a scale.</summary>
    Q80 = 8,

    /// <summary>Q4_K: blocks of 256 in eight groups, 4 bits each, a scale and a minimum of 6 bits for each group.</summary>
    Q4K = 12,

    /// <summary>Q5_K: blocks of 256 in eight groups, 5 bits each, a scale and a minimum of 6 bits for each group.</summary>
    Q5K = 13,

    /// <summary>Q6_K: blocks of 256 in sixteen groups, 6 bits each, a scale of 8 bits for each group.</summary>
    Q6K = 14,

    /// <summary>IEEE 754 binary64.</summary>
    F64 = 28,

    /// <summary>bfloat16: the upper half of a binary32.</summary>
    BF16 = 30,
}

/// <summary>Spellings and block sizes of <see cref="GgufTensorType"/>.</summary>
public static class GgufTensorTypes
{
    // Types of the format that are not read, so that an error can name them.
    private static readonly Dictionary<uint, string> NotRead = new()
    {
        [9] = "Q8_1",
        [10] = "Q2_K",
        [11] = "Q3_K",
        [15] = "Q8_K",
        [16] = "IQ2_XXS",
        [17] = "IQ2_XS",
        [18] = "IQ3_XXS",
        [19] = "IQ1_S",
        [20] = "IQ4_NL",
        [21] = "IQ3_S",
        [22] = "IQ2_S",
        [23] = "IQ4_XS",
        [24] = "I8",
        [25] = "I16",
        [26] = "I32",
        [27] = "I64",
        [29] = "IQ1_M",
        [34] = "TQ1_0",
        [35] = "TQ2_0",
        [39] = "MXFP4",
    };

    /// <summary>How ggml writes the type.</summary>
    /// <param name="type">The tensor type.</param>
    /// <returns>For example <c>F32</c> or <c>Q4_K</c>.</returns>
    public static string Spelling(this GgufTensorType type) => type.BlockLength() == 1 ? type.ToString() : type.ToString().Insert(2, "_");

    /// <summary>The elements of a block; rows are made of whole blocks.</summary>
    /// <param name="type">The tensor type.</param>
    /// <returns>1, 32 or 256.</returns>
    public static int BlockLength(this GgufTensorType type) => type switch
    {
        GgufTensorType.F32 or GgufTensorType.F16 or GgufTensorType.BF16 or GgufTensorType.F64 => 1,
        GgufTensorType.Q4K or GgufTensorType.Q5K or GgufTensorType.Q6K => 256,
        _ => 32,
    };

    /// <summary>The bytes of a block.</summary>
    /// <param name="type">The tensor type.</param>
    /// <returns>For example 18 for Q4_0: two bytes of scale and 32 half bytes.</returns>
    public static int BlockBytes(this GgufTensorType type) => type switch
    {
        GgufTensorType.F16 or GgufTensorType.BF16 => 2,
        GgufTensorType.F32 => 4,
        GgufTensorType.F64 => 8,
        GgufTensorType.Q40 => 18,
        GgufTensorType.Q41 => 20,
        GgufTensorType.Q50 => 22,
        GgufTensorType.Q51 => 24,
        GgufTensorType.Q80 => 34,
        GgufTensorType.Q4K => 144,
        GgufTensorType.Q5K => 176,
        GgufTensorType.Q6K => 210,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a tensor type that is read."),
    };

    /// <summary>What is wrong with a type number, or null when the type is read.</summary>
    internal static string? Refusal(uint number) => Enum.IsDefined((GgufTensorType)number)
        ? null
        : $"type {number} ({NotRead.GetValueOrDefault(number, "unknown")}) is not supported; expected one of "
            + string.Join(", ", Enum.GetValues<GgufTensorType>().Select(Spelling));
}

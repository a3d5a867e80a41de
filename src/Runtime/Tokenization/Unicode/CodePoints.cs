using System.Globalization;
using System.Text;

namespace Interp.Runtime.Tokenization;

/// <summary>
/// What Unicode says of single code points. The general categories are those of the .NET runtime; what it has no list of
/// (Alphabetic) is put together from them.
/// </summary>
internal static class CodePoints
{
    public const int Replacement = 0xFFFD;

    private const int LongS = 0x17F, Kelvin = 0x212A;

    public static UnicodeCategory Category(int code) => CharUnicodeInfo.GetUnicodeCategory(code);

    /// <summary>White_Space.</summary>
    public static bool IsWhiteSpace(int code) => code is (>= 9 and <= 13) or ' ' or 0x85 or 0xA0 or 0x1680 or (>= 0x2000 and <= 0x200A)
        or 0x2028 or 0x2029 or 0x202F or 0x205F or 0x3000;

    public static bool IsLetter(int code) => Category(code) <= UnicodeCategory.OtherLetter;

    public static bool IsMark(int code) =>
        Category(code) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    public static bool IsNumber(int code) =>
        Category(code) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    public static bool IsDigit(int code) => Category(code) == UnicodeCategory.DecimalDigitNumber;

    /// <summary>Characters of words: Alphabetic, marks, decimal digits, connectors (Unicode Technical Standard #18).</summary>
    public static bool IsWord(int code) => IsLetter(code) || IsMark(code) || IsCircledLetter(code)
        || Category(code) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;

    /// <summary>Characters that keep their neighbors together: zero width joiner and non-joiner.</summary>
    public static bool IsJoinControl(int code) => code is 0x200C or 0x200D;

    /// <summary>Ideographs that BERT puts spaces around.</summary>
    public static bool IsChinese(int code) => code is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF)
        or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    /// <summary>What letters that differ only in case have in common (simple case folding).</summary>
    public static int Fold(int code) => code switch
    {
        LongS => 's',
        Kelvin => 'k',
        < 128 => char.ToLowerInvariant((char)code),
        _ => Rune.IsValid(code) ? SimpleLower(Rune.ToUpperInvariant(new Rune(code)).Value) : code,
    };

    /// <summary>The code points of a text.</summary>
    /// <exception cref="InvalidInputException">Half of a surrogate pair stands alone.</exception>
    public static int[] Of(string text)
    {
        var codes = new List<int>(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                codes.Add(text[i]);
            }
            else if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
            {
                codes.Add(char.ConvertToUtf32(text[i], text[++i]));
            }
            else
            {
                throw new InvalidInputException($"expected a text of whole characters, found half of a surrogate pair at character {i}");
            }
        }

        return [.. codes];
    }

    /// <summary>The text of code points.</summary>
    public static string Text(ReadOnlySpan<int> codes)
    {
        var text = new StringBuilder(codes.Length);
        foreach (int code in codes)
        {
            text.Append(new Rune(code).ToString());
        }

        return text.ToString();
    }

    /// <summary>The lower case, where it is one code point.</summary>
    public static int SimpleLower(int code) => Rune.ToLowerInvariant(new Rune(code)).Value;

    // Other_Alphabetic that is neither letter, mark nor number.
    private static bool IsCircledLetter(int code) => code is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149)
        or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);
}

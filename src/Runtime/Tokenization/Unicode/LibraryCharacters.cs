using System.Globalization;

namespace Interp.Runtime.Tokenization;

/// <summary>
/// What Hugging Face's tokenizers library says of single code points where its tables are older than those of .NET. Its regular
/// expressions agree with .NET on every code point; normalizers, punctuation and digits come from other tables (Unicode 8 to 16).
/// </summary>
internal static class LibraryCharacters
{
    private const int DottedI = 0x130, CombiningDot = 0x307;

    private static readonly Lazy<Dictionary<string, HashSet<int>>> Differences = new(Read);

    /// <summary>Mn, Mc, Me.</summary>
    public static bool IsMark(int code) => CodePoints.IsMark(code) != Differs("mark", code);

    /// <summary>Mn.</summary>
    public static bool IsNonspacingMark(int code) => (CodePoints.Category(code) == UnicodeCategory.NonSpacingMark) != Differs("nonspacing", code);

    /// <summary>Any of the P categories, or one of ASCII's 32 that are neither letter nor digit.</summary>
    public static bool IsPunctuation(int code) => code < 128
        ? code > ' ' && code < 127 && !char.IsAsciiLetterOrDigit((char)code)
        : CodePoints.Category(code) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation != Differs("punctuation", code);

    /// <summary>Cc, Cf, Co: what BERT's normalizer takes out beside white space that is a control character.</summary>
    public static bool IsControl(int code) =>
        CodePoints.Category(code) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse != Differs("control", code);

    /// <summary>Nd, Nl, No.</summary>
    public static bool IsNumber(int code) => CodePoints.IsNumber(code) != Differs("number", code);

    /// <summary>Adds the lower case of a code point, one or two code points.</summary>
    public static void Lower(int code, List<int> to)
    {
        switch (code)
        {
            case DottedI:
                to.Add('i');
                to.Add(CombiningDot);
                break;

            // Letters of Unicode 17, for which .NET 10 has no lower case.
            case 0xA7CE or 0xA7D2 or 0xA7D4:
                to.Add(code + 1);
                break;
            case >= 0x16EA0 and <= 0x16EB8:
                to.Add(code + 27);
                break;
            default:
                to.Add(CodePoints.SimpleLower(code));
                break;
        }
    }

    private static bool Differs(string property, int code) => code >= 128 && Differences.Value[property].Contains(code);

    private static Dictionary<string, HashSet<int>> Read()
    {
        Dictionary<string, HashSet<int>> differences = [];
        using var reader = new StreamReader(typeof(LibraryCharacters).Assembly.GetManifestResourceStream("differences.txt")!);
        while (reader.ReadLine() is { } line)
        {
            string[] fields = line.Split(' ');
            if (fields[0] != "#")
            {
                differences[fields[0]] = [.. fields.Skip(1).SelectMany(Codes)];
            }
        }

        return differences;
    }

    private static IEnumerable<int> Codes(string range)
    {
        string[] ends = range.Split('-');
        int first = Convert.ToInt32(ends[0], 16), last = Convert.ToInt32(ends[^1], 16);
        return Enumerable.Range(first, last - first + 1);
    }
}

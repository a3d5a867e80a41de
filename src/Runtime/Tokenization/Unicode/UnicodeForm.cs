using System.Globalization;

namespace Interp.Runtime.Tokenization;

/// <summary>
/// Unicode's normal forms (Unicode Standard Annex #15) over code points, each with the place that it came from. string.Normalize
/// leaves text as it is where the runtime has no globalization library, which interp does not ask for, and loses the places.
/// </summary>
internal sealed class UnicodeForm
{
    private const int FirstComposed = 0xA0;
    private const int Syllables = 0xAC00, Leads = 0x1100, Vowels = 0x1161, Tails = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TailCount = 28, SyllableCount = LeadCount * VowelCount * TailCount;

    private static readonly Lazy<Tables> Data = new(Read);

    private readonly bool _compatible, _composed;

    private UnicodeForm(bool compatible, bool composed) => (_compatible, _composed) = (compatible, composed);

    /// <summary>Form D: characters that are a base with marks are taken apart, marks in canonical order.</summary>
    public static UnicodeForm D { get; } = new(compatible: false, composed: false);

    /// <summary>Form C: form D with bases and marks put together again where a character for both exists.</summary>
    public static UnicodeForm C { get; } = new(compatible: false, composed: true);

    /// <summary>Form KD: form D with ligatures, wide and styled characters and the like taken apart, too.</summary>
    public static UnicodeForm KD { get; } = new(compatible: true, composed: false);

    /// <summary>Form KC: form KD, composed.</summary>
    public static UnicodeForm KC { get; } = new(compatible: true, composed: true);

    /// <summary>The text in this form.</summary>
    public string Of(string text) => Of(TextPiece.Of(text)).ToString();

    /// <summary>The text in this form; what was taken apart keeps its place, what was put together has the place of its first part.</summary>
    public TextPiece Of(TextPiece text)
    {
        if (text.All(code => code < FirstComposed))
        {
            return text;
        }

        TextPieceBuilder parts = Decomposed(text);
        return _composed ? Composed(parts) : parts.Build();
    }

    private TextPieceBuilder Decomposed(TextPiece text)
    {
        var parts = new TextPieceBuilder(text.Length);
        var expanded = new List<int>();
        for (int i = 0; i < text.Length; i++)
        {
            expanded.Clear();
            Expand(text[i], expanded);
            foreach (int code in expanded)
            {
                // Runs of marks are sorted by class; marks of one class keep their order.
                int kind = Class(code), to = parts.Count;
                while (kind > 0 && to > 0 && Class(parts[to - 1]) > kind)
                {
                    to--;
                }

                parts.Insert(to, code, text.Origin(i));
            }
        }

        return parts;
    }

    private static TextPiece Composed(TextPieceBuilder parts)
    {
        var result = new TextPieceBuilder(parts.Count);
        int starter = -1, last = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            int code = parts[i], kind = Class(code);

            // A mark is blocked by one of its own class, or by a character between that is no mark.
            if (starter >= 0 && (last < kind || (last == 0 && starter == result.Count - 1)) && Pair(result[starter], code) is { } both)
            {
                result[starter] = both;
                continue;
            }

            result.Add(code, parts.Origin(i));
            last = kind;
            if (kind == 0)
            {
                starter = result.Count - 1;
            }
        }

        return result.Build();
    }

    private void Expand(int code, List<int> codes)
    {
        int syllable = code - Syllables;
        if (syllable is >= 0 and < SyllableCount)
        {
            codes.Add(Leads + (syllable / (VowelCount * TailCount)));
            codes.Add(Vowels + (syllable % (VowelCount * TailCount) / TailCount));
            if (syllable % TailCount > 0)
            {
                codes.Add(Tails + (syllable % TailCount));
            }
        }
        else if (code >= FirstComposed
            && (Data.Value.Parts.TryGetValue(code, out int[]? parts) || (_compatible && Data.Value.Compatible.TryGetValue(code, out parts))))
        {
            Array.ForEach(parts, part => Expand(part, codes));
        }
        else
        {
            codes.Add(code);
        }
    }

    private static int? Pair(int first, int second)
    {
        if (first - Leads is >= 0 and < LeadCount && second - Vowels is >= 0 and < VowelCount)
        {
            return Syllables + ((((first - Leads) * VowelCount) + second - Vowels) * TailCount);
        }

        if (first - Syllables is >= 0 and < SyllableCount && (first - Syllables) % TailCount == 0 && second - Tails is > 0 and < TailCount)
        {
            return first + second - Tails;
        }

        return Data.Value.Pairs.TryGetValue((first, second), out int both) ? both : null;
    }

    // A mark that the library does not know yet has no class for it.
    private static int Class(int code) => code < FirstComposed || !LibraryCharacters.IsMark(code) ? 0 : Data.Value.Classes.GetValueOrDefault(code);

    private static Tables Read()
    {
        var tables = new Tables([], [], [], []);
        using var reader = new StreamReader(typeof(UnicodeForm).Assembly.GetManifestResourceStream("decompositions.txt")!);
        while (reader.ReadLine() is { } line)
        {
            string[] fields = line.TrimStart('!', '@', '~').Split(' ');
            switch (line[0])
            {
                case '#':
                    break;
                case '@':
                    int kind = int.Parse(fields[2], CultureInfo.InvariantCulture);
                    for (int code = Hex(fields[0]); code <= Hex(fields[1]); code++)
                    {
                        tables.Classes[code] = kind;
                    }

                    break;
                case '~':
                    tables.Compatible[Hex(fields[0])] = [.. fields.Skip(1).Select(Hex)];
                    break;
                case var first:
                    tables.Parts[Hex(fields[0])] = [.. fields.Skip(1).Select(Hex)];
                    if (first != '!')
                    {
                        tables.Pairs[(Hex(fields[1]), Hex(fields[2]))] = Hex(fields[0]);
                    }

                    break;
            }
        }

        return tables;
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private sealed record Tables(
        Dictionary<int, int[]> Parts,
        Dictionary<int, int[]> Compatible,
        Dictionary<(int First, int Second), int> Pairs,
        Dictionary<int, int> Classes);
}

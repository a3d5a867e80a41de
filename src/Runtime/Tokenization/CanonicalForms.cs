using System.Globalization;
using System.Text;

namespace Interp.Runtime.Tokenization;

/// <summary>
/// Unicode's canonical forms (Unicode Standard Annex #15). string.Normalize leaves text as it is where the runtime has no
/// globalization library, which interp does not ask for.
/// </summary>
internal static class CanonicalForms
{
    private const int FirstComposed = 0xC0, FirstMark = 0x300;
    private const int Syllables = 0xAC00, Leads = 0x1100, Vowels = 0x1161, Tails = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TailCount = 28, SyllableCount = LeadCount * VowelCount * TailCount;

    private static readonly Lazy<Tables> Data = new(Read);

    /// <summary>Form D: every character that is a base with marks is taken apart, marks in canonical order.</summary>
    public static string Decompose(string text)
    {
        if (text.All(c => c < FirstComposed))
        {
            return text;
        }

        return Text(Decomposed(text));
    }

    /// <summary>Form C: form D with bases and marks put together again where a character for both exists.</summary>
    public static string Compose(string text)
    {
        if (text.All(c => c < FirstMark))
        {
            return text;
        }

        List<int> codes = Decomposed(text), result = [];
        int starter = -1, last = 0;
        foreach (int code in codes)
        {
            int kind = Class(code);

            // A mark is blocked by one of its own class, or by a character between that is no mark.
            if (starter >= 0 && (last < kind || (last == 0 && starter == result.Count - 1)) && Pair(result[starter], code) is { } both)
            {
                result[starter] = both;
                continue;
            }

            result.Add(code);
            last = kind;
            if (kind == 0)
            {
                starter = result.Count - 1;
            }
        }

        return Text(result);
    }

    private static List<int> Decomposed(string text)
    {
        List<int> codes = [];
        foreach (Rune rune in text.EnumerateRunes())
        {
            Expand(rune.Value, codes);
        }

        // Runs of marks are sorted by class; marks of one class keep their order.
        for (int i = 1; i < codes.Count; i++)
        {
            int code = codes[i], kind = Class(code), to = i;
            for (; kind > 0 && to > 0 && Class(codes[to - 1]) > kind; to--)
            {
                codes[to] = codes[to - 1];
            }

            codes[to] = code;
        }

        return codes;
    }

    private static void Expand(int code, List<int> codes)
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
        else if (Data.Value.Parts.TryGetValue(code, out int[]? parts))
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

    private static int Class(int code) => Data.Value.Classes.GetValueOrDefault(code);

    private static string Text(List<int> codes)
    {
        StringBuilder text = new(codes.Count);
        codes.ForEach(code => text.Append(new Rune(code).ToString()));
        return text.ToString();
    }

    private static Tables Read()
    {
        var tables = new Tables([], [], []);
        using var reader = new StreamReader(typeof(CanonicalForms).Assembly.GetManifestResourceStream("canonical.txt")!);
        while (reader.ReadLine() is { } line)
        {
            string[] fields = line.TrimStart('!', '@').Split(' ');
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

    private sealed record Tables(Dictionary<int, int[]> Parts, Dictionary<(int First, int Second), int> Pairs, Dictionary<int, int> Classes);
}

using System.Text;

namespace Interp.Tokenizers.Tests;

/// <summary>How words look when they reach the model: what the pipeline in front of it does to spaces and bytes.</summary>
internal enum Surface
{
    /// <summary>Words as they are, some with a space in front.</summary>
    Plain,

    /// <summary>Each byte of UTF-8 as a visible letter, as GPT-2 writes them.</summary>
    Bytes,

    /// <summary>Spaces as U+2581, one in front of each word.</summary>
    Metaspace,
}

/// <summary>Words in a surface form.</summary>
internal static class Surfaces
{
    private static readonly string[] Letters = ByteLetters();

    /// <summary>The letter of each of the 256 bytes.</summary>
    public static IReadOnlyList<string> Bytes => Letters;

    /// <summary>Words to train on, with how often each occurs.</summary>
    public static List<(string Word, int Count)> Words(Draw draw, Lexicon lexicon, Surface surface)
    {
        IEnumerable<string> extra = [".", ",", "!", "...", "'s", "'re", "2024", "12", "(", ")", "\n", "\n\n", "  ", "    ", "中", "\t"];
        List<(string Word, int Count)> words = [];
        foreach (string word in lexicon.Words.Concat(extra).Distinct())
        {
            foreach (string form in new[] { word, word.ToLowerInvariant() }.Distinct())
            {
                words.Add((Show(form, surface, false), draw.Between(1, 20)));
                if (draw.Chance(surface == Surface.Plain ? 0.15 : 0.7))
                {
                    words.Add((Show(form, surface, true), draw.Between(1, 20)));
                }
            }
        }

        return words;
    }

    /// <summary>A word in the form.</summary>
    public static string Show(string word, Surface surface, bool space) => surface switch
    {
        Surface.Bytes => string.Concat(Encoding.UTF8.GetBytes(space ? " " + word : word).Select(b => Letters[b])),
        Surface.Metaspace => (space ? "▁" : "") + word.Replace(' ', '▁'),
        _ => space ? " " + word : word,
    };

    /// <summary>The characters of a word.</summary>
    public static IEnumerable<string> Characters(string word) => word.EnumerateRunes().Select(r => r.ToString());

    private static string[] ByteLetters()
    {
        string[] letters = new string[256];
        int next = 256;
        for (int b = 0; b < 256; b++)
        {
            bool shown = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            letters[b] = ((char)(shown ? b : next++)).ToString();
        }

        return letters;
    }
}

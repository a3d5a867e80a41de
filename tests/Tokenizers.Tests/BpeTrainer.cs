namespace Interp.Tokenizers.Tests;

/// <summary>Learns merges from words, so that the merges of a random file do happen in its texts.</summary>
internal static class BpeTrainer
{
    /// <summary>Merges in the order in which they were found.</summary>
    /// <param name="words">Symbols of each word, with how often it occurs; merged in place.</param>
    /// <param name="count">The most merges.</param>
    /// <param name="draw">The choices: now and then a pair is taken that is not the most frequent one.</param>
    /// <param name="prefix">What stands before each symbol that does not begin a word; a merge drops it from its right part.</param>
    public static List<(string Left, string Right)> Train(List<(List<string> Symbols, int Count)> words, int count, Draw draw, string prefix)
    {
        List<(string, string)> merges = [];
        while (merges.Count < count)
        {
            Dictionary<(string, string), int> pairs = [];
            foreach ((List<string> symbols, int times) in words)
            {
                for (int i = 1; i < symbols.Count; i++)
                {
                    (string, string) pair = (symbols[i - 1], symbols[i]);
                    pairs[pair] = pairs.GetValueOrDefault(pair) + times;
                }
            }

            (string Left, string Right)[] best =
            [
                .. pairs.OrderByDescending(p => p.Value).ThenBy(p => p.Key.Item1 + "\0" + p.Key.Item2, StringComparer.Ordinal).Take(6).Select(p => p.Key),
            ];
            if (best.Length == 0)
            {
                break;
            }

            (string left, string right) = draw.Chance(0.8) ? best[0] : draw.One(best);
            merges.Add((left, right));
            foreach ((List<string> symbols, _) in words)
            {
                for (int i = 1; i < symbols.Count; i++)
                {
                    if (symbols[i - 1] == left && symbols[i] == right)
                    {
                        symbols[i - 1] = Join(left, right, prefix);
                        symbols.RemoveAt(i);
                    }
                }
            }
        }

        return merges;
    }

    /// <summary>What a merge makes.</summary>
    public static string Join(string left, string right, string prefix) => left + right[prefix.Length..];
}

namespace Interp;

/// <summary>Finds the valid names a mistyped one was probably meant to be.</summary>
public static class NearestNames
{
    /// <summary>
    /// The candidates with the smallest edit distance (insertions, deletions, substitutions and swaps of neighbouring
    /// letters, ignoring case), nearest first; equal distances keep the order of the candidates.
    /// </summary>
    /// <param name="name">What was typed.</param>
    /// <param name="candidates">The valid names.</param>
    /// <param name="count">At most this many are returned.</param>
    public static IReadOnlyList<string> Find(string name, IEnumerable<string> candidates, int count = 3)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(candidates);
        string typed = name.ToUpperInvariant();
        return [.. candidates.Distinct().OrderBy(c => Distance(typed, c.ToUpperInvariant())).Take(count)];
    }

    private static int Distance(string a, string b)
    {
        int[] beforeLast = new int[b.Length + 1];
        int[] last = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int[] row = new int[b.Length + 1];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substituted = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                row[j] = Math.Min(substituted, Math.Min(last[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    row[j] = Math.Min(row[j], beforeLast[j - 2] + 1);
                }
            }

            (beforeLast, last) = (last, row);
        }

        return last[b.Length];
    }
}

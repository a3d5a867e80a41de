namespace Interp;

/// <summary>
/// Finds the names that somebody may have meant, for error messages: those with the smallest edit distance (Levenshtein 1966:
/// the number of characters to insert, delete or replace).
/// </summary>
public static class NearestNames
{
    /// <summary>The candidates closest to a name; equally close ones are in ordinal order, so that messages are stable.</summary>
    /// <param name="name">The name that was not found.</param>
    /// <param name="candidates">The names that exist; a repeated one counts once.</param>
    /// <param name="count">At most this many names are returned.</param>
    /// <returns>Up to <paramref name="count"/> names, nearest first.</returns>
    public static IReadOnlyList<string> Find(string name, IEnumerable<string> candidates, int count = 3)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return [.. candidates
            .Distinct(StringComparer.Ordinal)
            .Select(candidate => (Name: candidate, Distance: Distance(name, candidate)))
            .OrderBy(pair => pair.Distance)
            .ThenBy(pair => pair.Name, StringComparer.Ordinal)
            .Take(count)
            .Select(pair => pair.Name)];
    }

    /// <summary>The Levenshtein distance between two strings, in UTF-16 code units.</summary>
    /// <param name="from">One string.</param>
    /// <param name="to">The other string; exchanging the two changes nothing.</param>
    /// <returns>Zero exactly when the strings are equal; never more than the longer length.</returns>
    public static int Distance(string from, string to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        int[] row = new int[to.Length + 1];
        for (int j = 0; j < row.Length; j++)
            row[j] = j;
        for (int i = 0; i < from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i + 1;
            for (int j = 0; j < to.Length; j++)
            {
                int replace = diagonal + (from[i] == to[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(replace, Math.Min(row[j], diagonal) + 1);
            }
        }
        return row[^1];
    }
}

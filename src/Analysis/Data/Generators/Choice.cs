namespace Interp.Analysis;

/// <summary>Random choices from lists.</summary>
internal static class Choice
{
    /// <summary>One of them.</summary>
    public static T Of<T>(SeededRandom random, IReadOnlyList<T> list) => list[random.Next(list.Count)];

    /// <summary>Some different ones, in random order.</summary>
    public static T[] Several<T>(SeededRandom random, IReadOnlyList<T> list, int count)
    {
        int[] order = [.. Enumerable.Range(0, list.Count)];
        for (int i = 0; i < count; i++)
        {
            int other = i + random.Next(order.Length - i);
            (order[i], order[other]) = (order[other], order[i]);
        }

        return [.. order.Take(count).Select(i => list[i])];
    }
}

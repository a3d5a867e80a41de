using System.Text;

namespace Interp.Runtime;

/// <summary>Texts for error messages, which must stay one line whatever a file contains.</summary>
internal static class OneLine
{
    private const int LongestName = 200;

    /// <summary>A name in quotes, without control characters, shortened when absurdly long.</summary>
    public static string Quote(string name)
    {
        StringBuilder text = new(name.Length + 2);
        text.Append('\'');
        foreach (char c in name.AsSpan(0, Math.Min(name.Length, LongestName)))
            text.Append(char.IsControl(c) || c is '\u2028' or '\u2029' ? '?' : c);
        return text.Append(name.Length > LongestName ? "...'" : "'").ToString();
    }

    /// <summary>A shape as <c>[32, 96]</c>.</summary>
    public static string Shape(ReadOnlySpan<int> shape)
    {
        StringBuilder text = new("[");
        for (int i = 0; i < shape.Length; i++)
            text.Append(i == 0 ? "" : ", ").Append(shape[i]);
        return text.Append(']').ToString();
    }

    /// <summary>The first few names in quotes, and how many more there are.</summary>
    public static string List(IReadOnlyCollection<string> names, int atMost = 5)
    {
        string shown = string.Join(", ", names.Take(atMost).Select(Quote));
        return names.Count > atMost ? $"{shown} and {names.Count - atMost} more" : shown;
    }

    /// <summary>A hint at what may have been meant, to be put behind "there is no such name".</summary>
    public static string Nearest(string name, IEnumerable<string> candidates)
    {
        IReadOnlyList<string> nearest = NearestNames.Find(name, candidates);
        return nearest.Count == 0 ? "there are no tensors at all" : $"the nearest names are {List(nearest)}";
    }
}

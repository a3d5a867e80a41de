using System.Globalization;
using System.Text;

namespace Interp.Reports;

/// <summary>
/// Tokens as people can read them. A token is whatever bytes a model was trained on: markup, line breaks, marks that turn the direction
/// of writing, halves of characters. It is shown, never obeyed.
/// </summary>
public static class VisibleText
{
    private const int LongestLabel = 24;

    /// <summary>
    /// A token's text with everything that would not be seen made visible: a space is <c>␣</c>, a line break <c>↵</c>, a tab <c>⇥</c>;
    /// control and format characters (among them those that turn the direction of writing), separators other than the space, and
    /// halves of surrogate pairs are their code, such as <c>⟨U+202E⟩</c>.
    /// </summary>
    /// <param name="token">Any text.</param>
    public static string Of(string? token)
    {
        if (token is null)
        {
            return "";
        }

        var shown = new StringBuilder(token.Length);
        for (int i = 0; i < token.Length; i++)
        {
            char c = token[i];
            if (char.IsHighSurrogate(c) && i + 1 < token.Length && char.IsLowSurrogate(token[i + 1]))
            {
                Append(shown, token.Substring(i, 2), CharUnicodeInfo.GetUnicodeCategory(char.ConvertToUtf32(c, token[i + 1])));
                i++;
                continue;
            }

            Append(shown, c.ToString(), CharUnicodeInfo.GetUnicodeCategory(c));
        }

        return shown.ToString();
    }

    /// <summary>Several words: as <see cref="Of"/>, with the spaces between them as they are.</summary>
    /// <param name="text">Any text.</param>
    public static string Words(string? text) => Of(text).Replace('␣', ' ');

    /// <summary>A text as Plotly shows it: Plotly reads a part of HTML in labels, so its signs are written as entities.</summary>
    /// <param name="text">Any text; see <see cref="Of"/>.</param>
    public static string ForPlotly(string? text) => Of(text)
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal);

    /// <summary>A token in few characters, as a label of an axis.</summary>
    /// <param name="token">Any text.</param>
    public static string Label(string? token)
    {
        string text = Of(token);
        return ForPlotly(text.Length > LongestLabel ? Start(text, LongestLabel - 1) + "…" : text);
    }

    /// <summary>A text without its middle, if it is longer than a number of characters.</summary>
    internal static string Middle(string text, int most)
    {
        int end = text.Length - (most / 2);
        return text.Length <= most ? text : $"{Start(text, most / 2)} … {text[(end + (char.IsLowSurrogate(text[end]) ? 1 : 0))..]}";
    }

    /// <summary>The start of a text, no character cut in half.</summary>
    private static string Start(string text, int length) => text[..(length - (char.IsHighSurrogate(text[length - 1]) ? 1 : 0))];

    private static void Append(StringBuilder shown, string character, UnicodeCategory category) => _ = (character, category) switch
    {
        (" ", _) => shown.Append('␣'),
        ("\n", _) => shown.Append('↵'),
        ("\t", _) => shown.Append('⇥'),
        (_, UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.SpaceSeparator or UnicodeCategory.Surrogate) =>
            shown.Append("⟨U+").Append((character.Length == 2 ? char.ConvertToUtf32(character, 0) : character[0])
                .ToString("X4", CultureInfo.InvariantCulture)).Append('⟩'),
        _ => shown.Append(character),
    };
}

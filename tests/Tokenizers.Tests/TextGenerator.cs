using System.Text;

namespace Interp.Tokenizers.Tests;

/// <summary>Texts that hit the edges of normalizers, pre-tokenizers, added tokens and models.</summary>
internal static class TextGenerator
{
    private static readonly string[] Spaces =
    [
        " ", " ", " ", " ", "  ", "   ", "\t", "\n", "\n\n", "\r", "\r\n", " \n", "\n ", "\v", "\f", "\u0085", "\u00A0", "\u1680", "\u2003", "\u2009",
        "\u2028", "\u2029", "\u202F", "\u205F", "\u3000", "\u001C", "\u001F",
    ];

    private static readonly string[] Invisible =
    [
        "\u200B", "\u200C", "\u200D", "\u200E", "\u2060", "\uFEFF", "\u180E", "\u00AD", "\uFE0F", "\0", "\u0001", "\u007F", "\u0080", "\u009F", "\uFFFD",
        "\uFFFE", "\uFFFF", "\uE000", "\uFDD0", "\U0010FFFF", "\U000F0000", "\u0378", "\U0001FFFF", "\u2FE0", "\U000E0001", "\U000E0100",
    ];

    private static readonly string[] Marks =
    [
        "\u0301", "\u0308", "\u0323", "\u0327", "\u0345", "\u20DD", "\u0483", "\u05B0", "\u064B", "\u3099", "\u093C", "\u0E33", "\u0F73", "\u0344", "\u0340",
        "\u1161", "\u11A8", "\u030A", "\u0338", "\U0001D165", "\u200D",
    ];

    private static readonly string[] Punctuation =
    [
        ".", ",", "!", "?", "-", "--", "_", "'", "''", "\"", "``", "(", ")", "[", "]", "{", "}", "/", "\\", "|", "@", "#", "##", "$", "%", "&", "*", "+", "<", "=",
        ">", "^", "`", "~", ":", ";", "...", "“", "”", "‘", "’", "—", "–", "…", "¿", "、", "。", "「", "」", "؟", "।", "；", "！", "€", "£", "∑", "►", "♥", "▁", "▁▁", "Ġ",
        "Ċ", "</w>", "@@", "¨", "´", "·", "�", "don't", " 's", "'S", "'LL", "'re", " .", " n't", "<0x41>", "<0xE2>",
    ];

    // Letters that compose, fold or decompose in unusual ways, and some that younger versions of Unicode brought.
    private static readonly string[] Odd =
    [
        "İ", "ı", "ß", "ẞ", "ς", "Σ", "ΑΣ", "ΑΣ ", "ŉ", "ǰ", "ΐ", "ſ", "K", "Å", "Ω", "ẛ", "ẛ\u0323", "ﬃ", "ﬆ", "Ａ", "ｚ", "３", "ﾊﾟ", "㌀", "㎏", "ﷲ", "½", "²", "\U0001D15E",
        "\u0958", "\u2ADC", "\uFB1D", "\uFB4F", "\u0F43", "\U0001D400", "\U00010400", "\U0001E900", "\u1C90", "\u13A0", "\uAB70", "\u1C89", "\uA7DA", "\U00010D50",
        "\U0001E030", "\U00016E40", "\U0002CEB0", "\U00030000", "\U00031350", "\u9FFF", "\u4DB5", "\u08B5", "\u1ACF", "\U0001FAE8", "\U0001F995", "\u20C0", "\u061C",
    ];

    /// <summary>A text.</summary>
    /// <param name="draw">The choices.</param>
    /// <param name="lexicon">Words to use.</param>
    /// <param name="added">Contents of the added tokens.</param>
    public static string Next(Draw draw, Lexicon lexicon, IReadOnlyList<string> added)
    {
        int count = draw.Weighted((2, 0), (10, 1), (20, draw.Between(2, 5)), (50, draw.Between(4, 14)), (18, draw.Between(10, 40)));
        StringBuilder text = new();
        for (int i = 0; i < count; i++)
        {
            string part = Part(draw, lexicon, added);
            int times = draw.Weighted((90, 1), (8, draw.Between(2, 8)), (1, draw.Between(9, 60)));
            if (times == 1 && part.Length <= 2 && draw.Chance(0.002))
            {
                times = draw.Between(500, 2000);
            }

            text.Insert(text.Length, part, times);
        }

        return text.ToString();
    }

    private static string Part(Draw draw, Lexicon lexicon, IReadOnlyList<string> added) =>
        draw.Weighted<Func<string>>(
            (25, () => lexicon.Word(draw)),
            (12, () => " " + lexicon.Word(draw)),
            (3, () => lexicon.Word(draw).ToUpperInvariant()),
            (16, () => draw.One(Spaces)),
            (9, () => draw.One(Punctuation)),
            (4, () => draw.Between(0, 99999).ToString(System.Globalization.CultureInfo.InvariantCulture)),
            (4, () => draw.One(Odd)),
            (4, () => draw.One(Marks)),
            (4, () => draw.One(Invisible)),
            (2, draw.Scalar),
            (17, () => added.Count == 0 ? "" : Around(draw, draw.One(added))))();

    /// <summary>An added token, near misses of it, and the neighbors that its flags ask about.</summary>
    private static string Around(Draw draw, string token) => draw.Weighted<Func<string>>(
        (30, () => token),
        (12, () => draw.One(Spaces) + token),
        (12, () => token + draw.One(Spaces)),
        (8, () => draw.One(Spaces) + draw.One(Spaces) + token + draw.One(Spaces) + draw.One(Spaces)),
        (6, () => draw.One("a", "_", "1", "é", "中", ".", "\u0301", "👍", "-") + token),
        (6, () => token + draw.One("a", "_", "1", "é", "中", ".", "\u0301", "👍", "-")),
        (6, () => token + token),
        (4, () => token.ToUpperInvariant()),
        (4, () => token.ToLowerInvariant()),
        (4, () => Cut(token, draw.Between(0, token.Length))),
        (2, () => Cut(token, draw.Between(0, token.Length)) + token))();

    /// <summary>The first characters, without half of a surrogate pair.</summary>
    private static string Cut(string text, int length) =>
        length > 0 && char.IsHighSurrogate(text[length - 1]) ? text[..(length - 1)] : text[..length];
}

namespace Interp.Tokenizers.Tests;

/// <summary>Words of a few scripts, from which a vocabulary is trained and texts are made, so that pieces do occur.</summary>
internal sealed class Lexicon
{
    private static readonly string[][] Scripts =
    [
        [
            "the", "The", "THE", "quick", "brown", "fox", "hello", "Hello", "world", "token", "tokenizer", "tokens", "low", "lower",
            "lowest", "newer", "unhappily", "don't", "I'll", "we've", "it's", "IT'S", "you're", "he'd", "I'm", "a", "an", "in", "on",
        ],
        [
            "naïve", "café", "cafe\u0301", "Straße", "STRASSE", "İstanbul", "ılık", "ſtop", "it'ſ", "œuvre", "ﬁne", "ﬂow", "ﬀ", "Ａｂｃ", "ÅÅ",
            "A\u030A", "\u212B", "ñ", "n\u0303", "ü", "u\u0308", "ǆ", "ǅ", "Ĳ", "ŉ", "ẞ", "đ", "ạ\u0302", "ậ", "e\u0323\u0302", "s\u0323\u0307", "Ớ",
        ],
        ["привет", "Мир", "МИР", "й", "и\u0306", "ё", "Ελλάδα", "σας", "ΣΑΣ", "ΟΔΟΣ", "ά", "α\u0301", "ᾳ", "Ὀδυσσεύς"],
        ["中文", "漢字", "東京都", "日本語", "ひらがな", "カタカナ", "ｶﾞｷﾞ", "が", "か\u3099", "ー", "㍿", "々", "〇", "\uF900", "\U0002F800", "𠀀", "𠮷"],
        ["한국어", "\u1112\u1161\u11AB", "가", "각", "ㅎ", "ᄀ\u1161", "مرحبا", "العالم", "مَرْحَبًا", "ﷺ", "ﻻ", "שלום", "שָׁלוֹם", "\uFB2A"],
        ["नमस्ते", "क्षि", "ड\u093C", "हिन्दी", "สวัสดี", "น้ำ", "தமிழ்", "ກ", "ខ្មែរ", "ქართული", "Ა", "Ꭰ", "ꭰ", "አማርኛ", "བོད", "𐐀𐐨", "𞤀𞤢"],
        ["👍", "👍🏽", "👨‍👩‍👧‍👦", "🇩🇪", "☃", "❤️", "🤦🏼‍♂️", "𝐀𝐛", "𝟘", "🀄", "😀", "😀😀", "™", "①"],
        ["0", "1", "7", "12", "123", "2024", "1234567", "3.14", "1,000", "٣٤", "²", "½", "Ⅷ", "３４", "x1", "a1b2", "0x1F", "९"],
    ];

    private Lexicon(string[] words) => Words = words;

    /// <summary>The words.</summary>
    public IReadOnlyList<string> Words { get; }

    public static Lexicon Next(Draw draw)
    {
        List<string> words = [];
        foreach (string[] script in draw.Shuffled(Scripts).Take(draw.Between(1, 4)).Append(Scripts[0]))
        {
            words.AddRange(draw.Shuffled(script).Take(draw.Between(3, 14)));
        }

        string[] syllables = [.. Enumerable.Range(0, 8).Select(_ => draw.One("b", "c", "k", "st", "tr", "l", "") + draw.One("a", "e", "o", "ou", "i"))];
        for (int i = draw.Between(0, 12); i > 0; i--)
        {
            string word = string.Concat(Enumerable.Range(0, draw.Between(1, 4)).Select(_ => draw.One(syllables)));
            words.Add(draw.Chance(0.2) ? char.ToUpperInvariant(word[0]) + word[1..] : word);
        }

        return new Lexicon([.. words]);
    }

    /// <summary>A word, the first ones more often.</summary>
    public string Word(Draw draw) => Words[Math.Min(draw.Below(Words.Count), draw.Below(Words.Count))];
}

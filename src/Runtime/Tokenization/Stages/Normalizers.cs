namespace Interp.Runtime.Tokenization;

/// <summary>Changes a piece of text before it is cut into words.</summary>
internal delegate TextPiece Normalizer(TextPiece text);

/// <summary>The normalizers of Hugging Face's tokenizers library.</summary>
internal static class Normalizers
{
    /// <summary>Several, one behind the other.</summary>
    public static Normalizer Sequence(IReadOnlyList<Normalizer> parts) =>
        text => parts.Aggregate(text, (current, normalize) => normalize(current));

    public static Normalizer Form(UnicodeForm form) => form.Of;

    public static TextPiece Lowercase(TextPiece text) => text.Map(LibraryCharacters.Lower);

    public static TextPiece StripAccents(TextPiece text) => text.Where(code => !LibraryCharacters.IsMark(code));

    public static Normalizer Strip(bool left, bool right) => text =>
    {
        int start = 0, end = text.Length;
        while (left && start < end && CodePoints.IsWhiteSpace(text[start]))
        {
            start++;
        }

        while (right && end > start && CodePoints.IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        return text.Slice(start, end);
    };

    public static Normalizer Prepend(string prefix)
    {
        int[] codes = CodePoints.Of(prefix);
        return text => text.Prepend(codes);
    }

    public static Normalizer Replace(Pattern pattern, string content)
    {
        int[] codes = CodePoints.Of(content);
        return text => text.Replace(pattern, codes);
    }

    /// <summary>Every byte of UTF-8 as a letter of GPT-2's alphabet.</summary>
    public static TextPiece ByteLevelLetters(TextPiece text) => text.Map(ByteLevel.Letters);

    /// <summary>What BERT does to a text (Devlin et al. 2019).</summary>
    /// <param name="clean">Control characters go, all white space is spaces.</param>
    /// <param name="chinese">Ideographs stand alone.</param>
    /// <param name="accents">Accents go.</param>
    /// <param name="lower">Upper case goes.</param>
    public static Normalizer Bert(bool clean, bool chinese, bool accents, bool lower)
    {
        List<Normalizer> parts = [];
        if (clean)
        {
            parts.Add(Clean);
        }

        if (chinese)
        {
            parts.Add(SpaceIdeographs);
        }

        if (accents)
        {
            parts.Add(text => UnicodeForm.D.Of(text).Where(code => !LibraryCharacters.IsNonspacingMark(code)));
        }

        if (lower)
        {
            parts.Add(Lowercase);
        }

        return Sequence(parts);
    }

    /// <summary>What SentencePiece's "nmt" rules do to control characters and unusual spaces.</summary>
    public static TextPiece Nmt(TextPiece text) => text
        .Where(code => code is not ((>= 1 and <= 8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F))
        .Map((code, to) => to.Add(
            code is 9 or 0xA or 0xC or 0xD or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD ? ' ' : code));

    private static TextPiece Clean(TextPiece text) => text
        .Where(code => code is '\t' or '\n' or '\r' || !(code is 0 or CodePoints.Replacement || LibraryCharacters.IsControl(code)))
        .Map((code, to) => to.Add(CodePoints.IsWhiteSpace(code) ? ' ' : code));

    private static TextPiece SpaceIdeographs(TextPiece text) => text.Map((code, to) =>
    {
        if (CodePoints.IsChinese(code))
        {
            to.AddRange([' ', code, ' ']);
        }
        else
        {
            to.Add(code);
        }
    });
}

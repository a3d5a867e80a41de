using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Interp.Runtime.Tokenization;

/// <summary>
/// BERT's way from text to words (Devlin et al. 2019): control characters go, every white space is a space, Chinese
/// characters and punctuation stand alone, and an uncased model's text is lower case without accents.
/// </summary>
/// <param name="uncased">Whether upper case and accents go.</param>
internal sealed partial class BertWords(bool uncased)
{
    /// <summary>The words with one space between them; special tokens stay whole.</summary>
    public string Split(string text)
    {
        StringBuilder words = new();
        foreach (string part in Special().Split(text))
        {
            if (Special().IsMatch(part))
            {
                words.Append(' ').Append(part).Append(' ');
            }
            else
            {
                Append(words, uncased ? CanonicalForms.Decompose(part) : part);
            }
        }

        return string.Join(' ', words.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    private void Append(StringBuilder words, string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value is '\t' or '\n' or '\r' || Rune.IsWhiteSpace(rune))
            {
                words.Append(' ');
            }
            else if (rune.Value == 0 || rune == Rune.ReplacementChar || IsControl(rune) || (uncased && IsAccent(rune)))
            {
                continue;
            }
            else if (IsPunctuation(rune) || IsChinese(rune.Value))
            {
                words.Append(' ').Append(rune.ToString()).Append(' ');
            }
            else
            {
                words.Append((uncased ? Rune.ToLowerInvariant(rune) : rune).ToString());
            }
        }
    }

    private static bool IsControl(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;

    private static bool IsAccent(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.NonSpacingMark;

    // All ASCII that is neither letter, digit nor control counts, also what Unicode calls a symbol.
    private static bool IsPunctuation(Rune rune) => rune.IsAscii ? !Rune.IsLetterOrDigit(rune) : Rune.IsPunctuation(rune);

    private static bool IsChinese(int code) => code is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF)
        or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    [GeneratedRegex(@"(\[(?:CLS|SEP|PAD|MASK|UNK)\])")]
    private static partial Regex Special();
}

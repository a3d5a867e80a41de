using System.Text;

namespace Interp.Runtime.Tokenization;

/// <summary>
/// GPT-2's alphabet of bytes (Radford et al. 2019): printable Latin-1 characters stand for their own byte, the others are
/// moved to U+0100 and up.
/// </summary>
internal static class ByteLevel
{
    private static readonly char[] Alphabet = MakeAlphabet();
    private static readonly Dictionary<char, byte> Bytes = Alphabet.Select((letter, b) => (letter, b)).ToDictionary(p => p.letter, p => (byte)p.b);

    /// <summary>GPT-2's pattern of words: contractions, letters, digits, other characters, white space.</summary>
    public const string Words = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>The character that stands for a byte.</summary>
    public static char Letter(byte value) => Alphabet[value];

    /// <summary>Adds the letters of a code point's bytes.</summary>
    public static void Letters(int code, List<int> to)
    {
        if (code < 128)
        {
            to.Add(Alphabet[code]);
            return;
        }

        Span<byte> bytes = stackalloc byte[4];
        int count = new Rune(code).EncodeToUtf8(bytes);
        foreach (byte b in bytes[..count])
        {
            to.Add(Alphabet[b]);
        }
    }

    /// <summary>The bytes that a piece stands for, or null where it has characters that stand for none.</summary>
    public static byte[]? ToBytes(string piece)
    {
        byte[] bytes = new byte[piece.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            if (!Bytes.TryGetValue(piece[i], out bytes[i]))
            {
                return null;
            }
        }

        return bytes;
    }

    /// <summary>The text of a byte-level piece; bytes that are no text of their own are shown as <c>&lt;0xE2&gt;</c>.</summary>
    public static string Text(string piece)
    {
        if (ToBytes(piece) is not { } bytes)
        {
            return piece;
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return string.Concat(bytes.Select(b => $"<0x{b:X2}>"));
        }
    }

    private static char[] MakeAlphabet()
    {
        var letters = new char[256];
        int moved = 0;
        for (int b = 0; b < 256; b++)
        {
            bool own = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            letters[b] = own ? (char)b : (char)(256 + moved++);
        }

        return letters;
    }
}

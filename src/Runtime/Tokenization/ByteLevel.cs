using System.Text;

namespace Interp.Runtime.Tokenization;

/// <summary>
/// GPT-2's alphabet of bytes (Radford et al. 2019): printable Latin-1 characters stand for their own byte, the others are
/// moved to U+0100 and up.
/// </summary>
internal static class ByteLevel
{
    private static readonly Dictionary<char, byte> Bytes = Alphabet();
    private static readonly Dictionary<byte, char> Letters = Bytes.ToDictionary(p => p.Value, p => p.Key);

    /// <summary>The character that stands for a byte.</summary>
    public static char Letter(byte value) => Letters[value];

    /// <summary>The piece that stands for the UTF-8 bytes of a text.</summary>
    public static string Piece(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(Letter));

    /// <summary>The text of a byte-level piece; bytes that are no text of their own are shown as <c>&lt;0xE2&gt;</c>.</summary>
    public static string Text(string piece)
    {
        if (!piece.All(Bytes.ContainsKey))
        {
            return piece;
        }

        byte[] bytes = [.. piece.Select(c => Bytes[c])];
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return string.Concat(bytes.Select(b => $"<0x{b:X2}>"));
        }
    }

    private static Dictionary<char, byte> Alphabet()
    {
        Dictionary<char, byte> map = [];
        int moved = 0;
        for (int b = 0; b < 256; b++)
        {
            bool own = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            map[own ? (char)b : (char)(256 + moved++)] = (byte)b;
        }

        return map;
    }
}

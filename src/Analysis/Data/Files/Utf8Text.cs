using System.Text;

namespace Interp.Analysis;

/// <summary>
/// Text files of prompts are UTF-8. Bytes that are not are an error: a replacement character would be another token, and every number
/// after it that of another prompt.
/// </summary>
internal static class Utf8Text
{
    private static readonly (byte[] Mark, string Encoding)[] OtherMarks =
    [
        ([0xFF, 0xFE, 0, 0], "UTF-32"), ([0, 0, 0xFE, 0xFF], "UTF-32"), ([0xFF, 0xFE], "UTF-16"), ([0xFE, 0xFF], "UTF-16"),
    ];

    /// <summary>The text of a file, without the byte order mark that some programs put in front.</summary>
    /// <param name="name">Name of the file, for errors.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <exception cref="InvalidInputException">It is not UTF-8; the message names the line and what was found.</exception>
    public static string Decode(string name, ReadOnlySpan<byte> bytes)
    {
        foreach ((byte[] mark, string encoding) in OtherMarks)
        {
            if (bytes.StartsWith(mark))
            {
                throw new InvalidInputException($"{name}, line 1: expected UTF-8, found {encoding} (by its byte order mark); save the file as UTF-8");
            }
        }

        ReadOnlySpan<byte> text = bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes;
        for (int at = 0; at < text.Length;)
        {
            if (Rune.DecodeFromUtf8(text[at..], out _, out int length) != System.Buffers.OperationStatus.Done)
            {
                throw new InvalidInputException(
                    $"{name}, line {LineOf(text[..at])}: expected UTF-8, found the byte 0x{text[at]:X2}, which no character has there "
                    + "(Latin-1 or Windows-1252?); save the file as UTF-8");
            }

            if (text[at] == 0)
            {
                throw new InvalidInputException(
                    $"{name}, line {LineOf(text[..at])}: expected a text in UTF-8, found a zero byte (UTF-16 without a byte order mark?)");
            }

            at += length;
        }

        return Encoding.UTF8.GetString(text);
    }

    private static int LineOf(ReadOnlySpan<byte> before)
    {
        int line = 1;
        for (int i = 0; i < before.Length; i++)
        {
            line += before[i] == '\n' || (before[i] == '\r' && (i + 1 == before.Length || before[i + 1] != '\n')) ? 1 : 0;
        }

        return line;
    }
}

using System.Globalization;

namespace Interp.Analysis;

/// <summary>Token ids as users write them.</summary>
internal static class TokenIds
{
    /// <summary>Reads ids that are separated by spaces or commas.</summary>
    /// <param name="text">The text.</param>
    /// <param name="source">Names the text in the error.</param>
    /// <exception cref="InvalidInputException">There is none, or one is not a whole number.</exception>
    public static int[] Parse(string text, string source)
    {
        string[] parts = text.Split([' ', ',', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        return parts.Length > 0
            ? [.. parts.Select(part => ParseOne(part, source))]
            : throw new InvalidInputException($"{source}: expected token ids such as \"1 403 407\", found none");
    }

    /// <summary>Reads one id, or -1 where a map of positions says "none".</summary>
    /// <inheritdoc cref="Parse"/>
    public static int ParseOne(string text, string source) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int id)
            ? id
            : throw new InvalidInputException($"{source}: expected a whole number, found '{text.ReplaceLineEndings(" ")}'");
}

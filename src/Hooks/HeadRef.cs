using System.Globalization;
using System.Text.RegularExpressions;

namespace Interp.Hooks;

/// <summary>One attention head, written <c>L9H6</c>.</summary>
/// <param name="Layer">0-based layer.</param>
/// <param name="Head">0-based head.</param>
public readonly partial record struct HeadRef(int Layer, int Head)
{
    /// <summary>Reads <c>9.6</c> or <c>L9H6</c>.</summary>
    /// <param name="text">The name of a head.</param>
    /// <exception cref="InvalidInputException">The text is neither.</exception>
    public static HeadRef Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Match match = Pattern().Match(text.Trim());
        if (match.Success
            && int.TryParse(match.Groups["layer"].ValueSpan, CultureInfo.InvariantCulture, out int layer)
            && int.TryParse(match.Groups["head"].ValueSpan, CultureInfo.InvariantCulture, out int head))
        {
            return new HeadRef(layer, head);
        }

        throw new InvalidInputException($"head '{text}': expected layer and head as L9H6 or 9.6");
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"L{Layer}H{Head}");

    [GeneratedRegex(@"^(?:[Ll](?<layer>[0-9]+)[Hh](?<head>[0-9]+)|(?<layer>[0-9]+)\.(?<head>[0-9]+))$")]
    private static partial Regex Pattern();
}

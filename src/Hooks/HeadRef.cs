using System.Globalization;
using System.Text.RegularExpressions;

namespace Interp.Hooks;

/// <summary>One attention head, written <c>9.6</c> or <c>L9H6</c>.</summary>
/// <param name="Layer">0-based layer.</param>
/// <param name="Head">0-based head.</param>
public readonly partial record struct HeadRef(int Layer, int Head)
{
    /// <summary>Reads a head.</summary>
    /// <param name="text"><c>9.6</c> or <c>L9H6</c>.</param>
    /// <exception cref="InvalidInputException">The text is neither.</exception>
    public static HeadRef Parse(string text)
    {
        Match match = Form().Match(text ?? "");
        return match.Success
            && int.TryParse(match.Groups[1].Value, CultureInfo.InvariantCulture, out int layer)
            && int.TryParse(match.Groups[2].Value, CultureInfo.InvariantCulture, out int head)
            ? new HeadRef(layer, head)
            : throw new InvalidInputException($"head '{text}': expected a form like 9.6 or L9H6");
    }

    /// <inheritdoc/>
    public override string ToString() => $"L{Layer}H{Head}";

    [GeneratedRegex(@"^L?(\d+)[.H](\d+)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}

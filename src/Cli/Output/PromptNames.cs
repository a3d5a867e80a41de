using System.Globalization;

namespace Interp.Cli;

/// <summary>Prompts in remarks, by the number that they have in tables.</summary>
internal static class PromptNames
{
    private const int Most = 5;

    /// <summary>Such as <c>prompt 3</c>, or <c>prompts 0, 1, 2, 4, 7 and 12 others</c>.</summary>
    /// <param name="prompts">Their numbers, ascending; at least one.</param>
    public static string Of(IReadOnlyCollection<int> prompts)
    {
        string named = string.Join(", ", prompts.Take(Most).Select(p => p.ToString(CultureInfo.InvariantCulture)));
        int others = prompts.Count - Most;
        return (prompts.Count == 1 ? "prompt " : "prompts ") + named + (others > 0 ? string.Create(CultureInfo.InvariantCulture, $" and {others} other{(others > 1 ? "s" : "")}") : "");
    }
}

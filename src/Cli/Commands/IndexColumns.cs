using Interp.Analysis;

namespace Interp.Cli;

/// <summary>The columns that say which row of the input a row of a table is about.</summary>
internal static class IndexColumns
{
    /// <summary>Whether the input has ids or groups.</summary>
    public static bool Named(IReadOnlyList<PromptPair> pairs) => pairs.Any(p => p.Id is not null || p.Group is not null);

    /// <summary>Their values for one prompt.</summary>
    public static object?[] Values(IReadOnlyList<PromptPair> pairs, int prompt) => Named(pairs)
        ? [pairs[prompt].Row ?? prompt, pairs[prompt].Id, pairs[prompt].Group]
        : [pairs[prompt].Row ?? prompt];
}

using Interp.Analysis;

namespace Interp.Cli;

/// <summary>The columns that say which row of the input a row of a table is about.</summary>
internal static class IndexColumns
{
    /// <summary>Whether the input has ids or groups.</summary>
    public static bool Named(IReadOnlyList<PromptPair> pairs) => pairs.Any(p => p.Id is not null || p.Group is not null);

    /// <summary>The number of a prompt in every table and message: its row of the input, also where rows before it were left out.</summary>
    public static int Number(IReadOnlyList<PromptPair> pairs, int prompt) => pairs[prompt].Row ?? prompt;

    /// <summary>Their values for one prompt.</summary>
    public static object?[] Values(IReadOnlyList<PromptPair> pairs, int prompt) => Named(pairs)
        ? [Number(pairs, prompt), pairs[prompt].Id, pairs[prompt].Group]
        : [Number(pairs, prompt)];
}

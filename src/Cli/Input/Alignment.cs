using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>Whether the prompts of a sweep line up where it tells positions apart.</summary>
internal static class Alignment
{
    /// <summary>Whether a call says itself which positions belong together.</summary>
    public static bool IsTold(SweepOptions options) => options.Align is not null || options.Positions.Count > 0;

    /// <summary>Why means by position would be over places that do not correspond; null = they would not be.</summary>
    /// <param name="session">The call; told where groups may be templates that lie otherwise.</param>
    /// <param name="model">The model.</param>
    /// <param name="pairs">The prompts.</param>
    /// <param name="options">Sites and axes.</param>
    /// <param name="corrupted">Whether corrupted prompts are changed.</param>
    /// <exception cref="InvalidInputException">A site or axis is unknown.</exception>
    public static string? Problem(
        Session session, TransformerModel model, IReadOnlyList<PromptPair> pairs, SweepOptions options, bool corrupted = false)
    {
        string? problem = PositionMeans.Problem(model, pairs, options, corrupted);
        string[] groups = [.. pairs.Select(p => p.Group).OfType<string>().Distinct()];
        if (problem is null && options.Align is null && groups.Length > 1 && PositionMeans.TellPositions(model, pairs, options, corrupted))
        {
            session.Remark(
                $"positions are told apart over prompts of {groups.Length} groups ({string.Join(", ", groups.Take(3))}{(groups.Length > 3 ? ", ..." : "")}): "
                + "if these are templates that lie otherwise, give each group a call of its own, or align them by a span (--align span)");
        }

        return problem;
    }
}

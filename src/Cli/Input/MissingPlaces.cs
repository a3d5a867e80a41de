using Interp.Analysis;

namespace Interp.Cli;

/// <summary>Prompts that lack a place which was asked for have no rows there: that is told, since counts of prompts differ then.</summary>
internal static class MissingPlaces
{
    /// <summary>Remarks which prompts lack spans or positions.</summary>
    /// <param name="session">The call.</param>
    /// <param name="pairs">The prompts.</param>
    /// <param name="spans">Named spans.</param>
    /// <param name="positions">Positions, negative from the end of each prompt.</param>
    /// <param name="corrupted">Whether corrupted prompts are changed.</param>
    public static void Tell(
        Session session, IReadOnlyList<PromptPair> pairs, IEnumerable<string> spans, IReadOnlyList<int> positions, bool corrupted)
    {
        foreach (string span in spans.Distinct())
        {
            Remark(pair => pair.SpanIn(span, corrupted).Count == 0, $"span '{span}'", "without that span");
        }

        foreach (int position in positions.Distinct())
        {
            Remark(pair => CellPlace.At(position).In(pair, corrupted) is [], $"position {position}", "shorter");
        }

        void Remark(Func<PromptPair, bool> lacks, string place, string why)
        {
            int[] without = [.. Enumerable.Range(0, pairs.Count).Where(i => lacks(pairs[i])).Select(i => pairs[i].Row ?? i)];
            if (without.Length > 0 && without.Length < pairs.Count)
            {
                session.Remark($"{place}: {PromptNames.Of(without)} left out there ({without.Length} of {pairs.Count} are {why})");
            }
        }
    }
}

using System.CommandLine;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>Runs prompts a few at a time, so that memory stays bounded whatever their number.</summary>
internal static class PromptRuns
{
    /// <summary>
    /// Runs all prompts. A prompt's result does not depend on its neighbours; but interventions may name sequences of the
    /// batch, so with any of them all prompts are one batch. Otherwise a batch has as many prompts as the memory budget of the
    /// options holds. After Ctrl-C the runs that are finished remain.
    /// </summary>
    /// <param name="session">The call; Ctrl-C stops between batches.</param>
    /// <param name="model">The model.</param>
    /// <param name="pairs">The prompts; the clean ones are run.</param>
    /// <param name="options">What is recorded, replaced, computed.</param>
    /// <param name="atOnce">Most prompts per batch.</param>
    /// <returns>For each prompt, in order, its number, the run that had it, and its place in that run.</returns>
    public static IEnumerable<(int Prompt, RunResult Run, int Sequence)> Each(
        Session session, TransformerModel model, IReadOnlyList<PromptPair> pairs, RunOptions options, int atOnce)
    {
        for (int first = 0, size; first < pairs.Count; first += size)
        {
            size = options.Interventions.Count > 0 ? pairs.Count : Size(model, pairs, options, first, atOnce);
            if (session.Cancellation.IsCancellationRequested && first > 0)
            {
                session.Stopped = new StoppedWork($"stopped after {first} of {pairs.Count} prompts");
                session.Note(session.Stopped.Reason);
                yield break;
            }

            session.Cancellation.ThrowIfCancellationRequested();
            RunResult run = model.Run(PromptPair.Batch([.. pairs.Skip(first).Take(size)]), options with { AllowNonFinite = true });
            if (run.NonFinite is { } found && !options.AllowNonFinite)
            {
                // The model knows the prompt's place in the batch only.
                throw new InvalidInputException($"prompt {IndexColumns.Number(pairs, first + found.Sequence)}: {found.Describe(model.Hooks)}");
            }

            for (int s = 0; s < run.Batch.Count; s++)
            {
                yield return (first + s, run, s);
            }
        }
    }

    /// <summary>Refuses positions on the command line where the data says for single prompts at which position the metric is read.</summary>
    /// <exception cref="InvalidInputException">Both are given.</exception>
    public static void RefusePositions(Session session, Option positions, IReadOnlyList<PromptPair> pairs)
    {
        if (session.Has(positions) && pairs.Any(p => p.MetricPositions is not null))
        {
            throw new InvalidInputException($"{positions.Name}: the data says where the metric is read (field pos); expected one of the two");
        }
    }

    /// <summary>How many prompts from one on are run together: at least one, which is refused if even that is too large.</summary>
    private static int Size(TransformerModel model, IReadOnlyList<PromptPair> pairs, RunOptions options, int first, int atOnce)
    {
        int size = Math.Min(atOnce, pairs.Count - first);
        while (size > 1 && options.MemoryBudget is { } budget
            && model.Plan([.. pairs.Skip(first).Take(size).Select(p => p.Clean.Count)], options).Run > budget)
        {
            size = (size + 1) / 2;
        }

        return size;
    }
}

using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// Path patching in the general form of the three steps of Wang et al. 2022 ("Interpretability in the Wild", appendix B):
/// (1) both prompts run plainly; (2) the base prompt runs with the senders as in the source run and what is frozen as in the
/// base run, and what arrives at the receivers is recorded; (3) the base prompt runs with the receivers so replaced.
/// </summary>
public static class PathPatching
{
    /// <summary>Patches every path.</summary>
    /// <param name="model">The model.</param>
    /// <param name="pairs">Clean and corrupted prompts.</param>
    /// <param name="queries">The paths, each a set of senders and a set of receivers.</param>
    /// <param name="options">What is frozen, the direction and the metric.</param>
    /// <param name="execution">How it is computed; null = with the default engine, all rows in the table.</param>
    /// <param name="cancellation">Stops between runs.</param>
    /// <returns>
    /// Table <c>paths</c>: one row per path and prompt. patched is exact for what was frozen; linear is the same with heads,
    /// FFNs and norms frozen in step 2, where what arrives is linear in what is sent. Effects as in patching.
    /// </returns>
    /// <exception cref="InvalidInputException">A node does not exist, or nothing that is sent can arrive.</exception>
    /// <exception cref="SweepStoppedException">Cancelled; it carries the rows of the finished paths.</exception>
    public static ResultTable<PathRow> Run(
        TransformerModel model,
        IReadOnlyList<PromptPair> pairs,
        IReadOnlyList<PathQuery> queries,
        PathOptions? options = null,
        ExecutionOptions? execution = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(queries);
        options ??= new PathOptions();
        execution ??= new ExecutionOptions();
        SweepInput.RequirePrompts(model, pairs, options.Metric, corrupted: true);
        Require(model, queries);
        queries =
        [
            .. queries.Select(q => new PathQuery([.. q.Senders.Distinct()], [.. q.Receivers.Distinct()]))
                .DistinctBy(q => (q.SenderNames, q.ReceiverNames)),
        ];
        bool denoise = options.Direction == PatchDirection.Denoise;
        TokenBatch clean = PromptPair.Batch(pairs), corrupted = PromptPair.Batch(pairs, corrupted: true);
        TokenBatch prompts = denoise ? corrupted : clean;
        for (int i = 0; i < prompts.Count; i++)
        {
            foreach (int position in options.Positions)
            {
                Positions.Resolve(position, prompts.Lengths[i], $"prompt {pairs[i].Row ?? i}");
            }
        }

        // What step 2 recorded may take one half of the memory, the runs the other.
        long half = Math.Max(1, (execution.MemoryBudget ?? execution.Engine.DefaultMemory) / 2);
        var runner = new SweepExecution(
            model, options.Metric, execution with { MemoryBudget = half, RefuseBeyondMemory = false }, PromptPair.Rows(pairs));
        var paths = new PathRuns(model, options);
        BaseRuns runs = runner.Plain(pairs, clean, corrupted);
        ActivationCache[] from = runner.Record(prompts, paths.BasePoints);
        ActivationCache[] source = runner.Record(denoise ? clean : corrupted, PathRuns.SourcePoints(queries));

        // Each path is measured twice: exactly, and as the linear estimate.
        PathFreeze[] kinds = options.Freeze == PathFreeze.All ? [PathFreeze.All] : [options.Freeze, PathFreeze.All];
        PathRun[] measured = [.. from query in queries from freeze in kinds select new PathRun(query, freeze)];
        var steps = new PathSteps(model.Hooks, runner, paths, measured, prompts, from, source, [.. pairs.Select(p => PatchingSweep.MapOf(p, denoise))]);
        ResultTable<PathRow> table = TableSchemas.Paths.Create().From(model, pairs);
        var rows = new TableBatches(table, execution.Sink);
        var plan = new SweepPlan(
            $"paths {options.Direction} at {string.Join(',', options.Positions)}", pairs, prompts, measured.Length, steps.Of)
        {
            Describe = path => $"{measured[path].Query.SenderNames}>{measured[path].Query.ReceiverNames} {measured[path].Freeze}",
            RunsPerRow = kinds.Length,
            Stages = new SweepStages(half, () => steps.Bytes, runs => steps.Prepare(runs, cancellation)),
        };
        var exact = new double?[pairs.Count];
        runner.Fill(plan, runs, rows, Add, cancellation);
        return table;

        void Add(int path, int prompt, double patched)
        {
            if (path % kinds.Length == 0)
            {
                exact[prompt] = patched;
            }

            // Of a sweep that was stopped the linear estimate alone may be there, which is no row.
            if (path % kinds.Length == kinds.Length - 1 && exact[prompt] is { } found)
            {
                exact[prompt] = null;
                PathQuery query = queries[path / kinds.Length];
                rows.Add(new PathRow(
                    pairs[prompt].Row ?? prompt, pairs[prompt].Id, pairs[prompt].Group, query.SenderNames, query.ReceiverNames,
                    Frozen(options.Freeze), options.Metric.Name, runs.Clean[prompt], runs.Corrupted[prompt], found,
                    runs.Effect(prompt, found, denoise), patched, runs.Effect(prompt, patched, denoise)));
            }
        }
    }

    /// <summary>The paths from each sender to each receiver for which what is sent can arrive.</summary>
    /// <param name="model">The model.</param>
    /// <param name="senders">Sets of senders.</param>
    /// <param name="receivers">Sets of receivers.</param>
    /// <exception cref="InvalidInputException">There is none.</exception>
    public static IReadOnlyList<PathQuery> Pairs(
        TransformerModel model, IEnumerable<IReadOnlyList<PathNode>> senders, IReadOnlyList<IReadOnlyList<PathNode>> receivers)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(senders);
        var plan = BlockPlan.Of(model.Config);
        PathQuery[] found =
        [
            .. from s in senders
               from r in receivers
               let query = new PathQuery(s, r)
               where Missing(query, plan) is null
               select query,
        ];
        return found.Length > 0
            ? found
            : throw new InvalidInputException("paths: no sender writes to the stream before a receiver reads it");
    }

    private static string Frozen(PathFreeze freeze) =>
        freeze == PathFreeze.None ? "none" : freeze == PathFreeze.All ? "heads,mlps,norms"
            : freeze.ToString().ToLowerInvariant().Replace(" ", "", StringComparison.Ordinal);

    private static void Require(TransformerModel model, IReadOnlyList<PathQuery> queries)
    {
        if (queries.Count == 0)
        {
            throw new InvalidInputException("paths: expected at least one, found none");
        }

        foreach (PathQuery query in queries)
        {
            foreach (PathNode node in query.Senders.Concat(query.Receivers))
            {
                node.Require(model.Config.Outline);
            }

            if (query.Senders.Count == 0 || query.Receivers.Count == 0
                || query.Senders.Any(s => !s.Sends) || query.Receivers.Any(r => !r.Receives))
            {
                throw new InvalidInputException(
                    $"path from {query.SenderNames} to {query.ReceiverNames}: expected senders (embed, heads such as 9.6, FFNs such as "
                    + "m5) and receivers (inputs of heads such as 10.7.q, FFNs, logits)");
            }

            if (Missing(query, BlockPlan.Of(model.Config)) is { } missing)
            {
                throw new InvalidInputException(
                    $"path from {query.SenderNames} to {query.ReceiverNames}: nothing arrives at or leaves {missing}, because "
                    + "senders write to the stream only after receivers read it");
            }
        }
    }

    /// <summary>A node of a path that nothing is sent to, or that sends to nothing.</summary>
    private static PathNode? Missing(PathQuery query, BlockPlan plan) =>
        query.Receivers.Where(r => !query.Senders.Any(s => s.Reaches(r, plan)))
            .Concat(query.Senders.Where(s => !query.Receivers.Any(r => s.Reaches(r, plan))))
            .Cast<PathNode?>().FirstOrDefault();
}

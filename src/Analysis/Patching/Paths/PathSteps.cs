using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>A path with what is frozen on it.</summary>
/// <param name="Query">Senders and receivers.</param>
/// <param name="Freeze">What stays at its base value in step 2.</param>
internal readonly record struct PathRun(PathQuery Query, PathFreeze Freeze);

/// <summary>
/// What step 3 of path patching replaces, made by step 2 for some paths at a time: all runs of a step in one call of the engine.
/// </summary>
/// <param name="map">The model's hook points.</param>
/// <param name="runner">Makes the runs.</param>
/// <param name="paths">The interventions of the steps.</param>
/// <param name="measured">The paths.</param>
/// <param name="prompts">The base runs.</param>
/// <param name="from">What the base runs recorded.</param>
/// <param name="source">What the source runs recorded.</param>
/// <param name="positions">For each prompt which position of the source run goes where; null = the same.</param>
internal sealed class PathSteps(
    HookMap map, SweepExecution runner, PathRuns paths, IReadOnlyList<PathRun> measured, TokenBatch prompts,
    ActivationCache[] from, ActivationCache[] source, IReadOnlyList<PositionMap?> positions)
{
    private readonly Dictionary<(int Path, int Prompt), IReadOnlyList<Intervention>> _made = [];

    /// <summary>What step 3 replaces in a prompt, for a path that was prepared.</summary>
    public IReadOnlyList<Intervention> Of(int path, int prompt) => _made[(path, prompt)];

    /// <summary>Bytes that <see cref="Prepare"/> holds for a path and a prompt at most.</summary>
    public long Bytes(int path, int prompt)
    {
        PathQuery query = measured[path].Query;
        int length = prompts.Tokens(prompt).Length;
        long floats = paths.ReceiverPoints(query).Sum(Size);

        // The end of the stream is there three times: as step 2 recorded it, beside other receivers, and as it is put together.
        return sizeof(float) * (ReachesLogits(query) ? floats + (2 * Size(paths.End)) : floats);

        long Size(HookPoint point) => map.Shape(point, length, length).Aggregate(1L, (product, n) => product * n);
    }

    /// <summary>Makes step 2 of these paths and prompts; what was made before is let go.</summary>
    public void Prepare(IReadOnlyList<(int Path, int Prompt)> runs, CancellationToken cancellation)
    {
        _made.Clear();
        ActivationCache[] received = runner.Record(prompts, new VariantList(runs.Count, i => Second(runs[i])), cancellation);
        for (int i = 0; i < runs.Count; i++)
        {
            _made[runs[i]] = paths.Receive(measured[runs[i].Path].Query, received[i]);
        }

        int[] toLogits = [.. Enumerable.Range(0, runs.Count).Where(i => ReachesLogits(measured[runs[i].Path].Query))];
        int[] alsoOthers = [.. toLogits.Where(i => _made[runs[i]].Count > 0)];
        ActivationCache[] ends = runner.Record(
            prompts, [.. alsoOthers.Select(i => new Variant(runs[i].Prompt, _made[runs[i]]) { Observe = [paths.End] })], cancellation);
        Dictionary<int, ActivationCache> beside = alsoOthers.Zip(ends).ToDictionary(p => p.First, p => p.Second);
        foreach (int i in toLogits)
        {
            (int path, int prompt) = runs[i];
            _made[runs[i]] =
            [
                .. _made[runs[i]],
                .. paths.ReceiveAtEnd(measured[path].Freeze, received[i], from[prompt], beside.GetValueOrDefault(i)),
            ];
        }
    }

    private Variant Second((int Path, int Prompt) run)
    {
        (PathQuery query, PathFreeze freeze) = measured[run.Path];
        return new Variant(run.Prompt, paths.Send(query, freeze, from[run.Prompt], source[run.Prompt], positions[run.Prompt]))
        {
            Observe = paths.ReceiverPoints(query),
        };
    }

    private static bool ReachesLogits(PathQuery query) => query.Receivers.Contains(PathNode.Logits);
}

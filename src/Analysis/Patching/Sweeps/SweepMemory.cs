using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// The memory of a sweep beside the weights: what it holds from its beginning to its end (recorded runs, means, noise, logits that metrics compare
/// with, measurements) comes off what the engine may take at a time.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="options">Bytes in all, and the engine.</param>
internal sealed class SweepMemory(TransformerModel model, ExecutionOptions options)
{
    // Of what is left, the part that recorded values may take for the whole sweep, or for a stage of it.
    private const int PartOfValues = 3;

    /// <summary>Bytes that are held for the whole sweep.</summary>
    public long Held { get; private set; }

    /// <summary>Bytes that are left for everything else.</summary>
    public long Left => Math.Max(1, (options.MemoryBudget ?? options.Engine.DefaultMemory) - Held);

    /// <summary>Bytes that recorded values may take.</summary>
    public long ForValues => Math.Max(1, Left / PartOfValues);

    /// <summary>Says that some bytes are held from here on.</summary>
    public void Hold(long bytes) => Held += bytes;

    /// <summary>Bytes of what prompts record at some points.</summary>
    public long Recorded(TokenBatch prompts, IEnumerable<HookPoint> points)
    {
        HookPoint[] all = [.. points];
        return prompts.Lengths.Sum(length => all.Sum(point => Recorded(length, point)));
    }

    /// <summary>Bytes of what a prompt records at a point.</summary>
    public long Recorded(int length, HookPoint point) =>
        model.Hooks.Shape(point, length, length).Aggregate((long)sizeof(float), (product, n) => product * n);

    /// <summary>Refuses a sweep that needs more than it may take, however small its pieces are.</summary>
    /// <param name="prompts">The prompts of the runs that are changed.</param>
    /// <param name="cells">The points of each cell.</param>
    /// <param name="inPieces">Whether values are recorded for some runs at a time.</param>
    /// <param name="read">For which positions logits are computed.</param>
    /// <exception cref="InvalidInputException">It does.</exception>
    public void Require(TokenBatch prompts, IEnumerable<IReadOnlyList<HookPoint>> cells, bool inPieces, LogitRows read)
    {
        if (!options.RefuseBeyondMemory || options.MemoryBudget is not { } allowed || prompts.Count == 0)
        {
            return;
        }

        int longest = prompts.Lengths.Max();
        IReadOnlyList<HookPoint>[] sets = [.. cells.Distinct()];
        long one = sets.Length == 0 ? One([]) : sets.DistinctBy(set => string.Join('+', set)).Max(One);
        if (Held + one > allowed)
        {
            throw new InvalidInputException(
                $"memory: the sweep needs {Held + one} bytes beside the weights, however it is divided ({Held} that it holds, {one} for one run of "
                + $"{longest} tokens), allowed are {allowed}; give fewer or shorter prompts, fewer sites, or allow more");
        }

        long One(IReadOnlyList<HookPoint> points)
        {
            // The base run of a prompt keeps what lanes start from; the values that are put in are as large as what they replace.
            MemoryPlan plan = model.Plan([longest], new RunOptions
            {
                Observe = [.. options.Engine.SourcePoints(model, points).Select(point => (HookQuery)point)],
                Logits = read,
            });
            return plan.Run + (inPieces ? points.Sum(point => Recorded(longest, point)) : 0);
        }
    }
}

using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Means over prompts of what they record, of which only sums are kept.</summary>
internal sealed class AblationValues
{
    private readonly HookMap _map;
    private readonly AblationOptions _ablation;
    private readonly Dictionary<(HookPoint Point, string Name), Sums> _sums = [];
    private readonly Dictionary<(HookPoint Point, string Name), TensorValue> _means = [];

    /// <summary>Records the prompts, some at a time, and adds up.</summary>
    /// <param name="model">The model.</param>
    /// <param name="runner">Runs the prompts.</param>
    /// <param name="memory">The memory of the sweep.</param>
    /// <param name="reference">The prompts.</param>
    /// <param name="ablation">Over which of them, and by position or not.</param>
    /// <param name="points">The points whose means take the place of activations.</param>
    /// <param name="overall">The points of which one mean over all prompts and positions is asked for (<see cref="Overall"/>).</param>
    /// <exception cref="InvalidInputException">A mean over positions is not defined for a point.</exception>
    public AblationValues(
        TransformerModel model, SweepExecution runner, SweepMemory memory, IReadOnlyList<PromptPair> reference, AblationOptions ablation,
        IReadOnlyList<HookPoint> points, IReadOnlyList<HookPoint> overall)
    {
        (_map, _ablation) = (model.Hooks, ablation);
        foreach (HookPoint point in points.Concat(overall))
        {
            if (point.Kind is HookKind.Pattern or HookKind.AttnScores)
            {
                throw new InvalidInputException(
                    $"hook {_map.Name(point)}: a mean over positions is not defined for attention; expected zero or resample");
            }
        }

        TokenBatch prompts = PromptPair.Batch(reference);
        foreach (HookPoint[] some in Parts([.. points.Union(overall)], prompts, memory))
        {
            int i = 0;
            foreach (ActivationCache cache in runner.RecordInTurn(prompts, some))
            {
                PromptPair pair = reference[i++];
                foreach (HookPoint point in some)
                {
                    if (overall.Contains(point))
                    {
                        Add(point, "overall", 1, cache);
                    }

                    if (points.Contains(point))
                    {
                        Add(point, Name(pair), ByPosition ? Longest(pair) : 1, cache);
                    }
                }
            }
        }

        memory.Hold(_sums.Values.Sum(sums => sums.Values.LongLength * (sizeof(double) + sizeof(float))));

        int Longest(PromptPair own) => reference.Where(pair => Name(pair) == Name(own)).Max(pair => pair.Clean.Count);
    }

    private bool ByPosition => _ablation.Kind == AblationKind.MeanByPosition;

    /// <summary>What replaces a point's activation in a prompt.</summary>
    public TensorValue For(HookPoint point, PromptPair pair) => Mean(point, Name(pair));

    /// <summary>One mean over all prompts and positions.</summary>
    public float[] Overall(HookPoint point) => Mean(point, "overall").Values;

    private string Name(PromptPair pair) => _ablation.ByGroup ? $"group {pair.Group}" : "all";

    /// <summary>Points that one prompt may record together.</summary>
    private static IEnumerable<HookPoint[]> Parts(HookPoint[] points, TokenBatch prompts, SweepMemory memory)
    {
        int longest = prompts.Lengths.Max();
        List<HookPoint> part = [];
        long bytes = 0;
        foreach (HookPoint point in points)
        {
            long more = memory.Recorded(longest, point);
            if (part.Count > 0 && bytes + more > memory.ForValues)
            {
                yield return [.. part];
                part.Clear();
                bytes = 0;
            }

            part.Add(point);
            bytes += more;
        }

        if (part.Count > 0)
        {
            yield return [.. part];
        }
    }

    private void Add(HookPoint point, string name, int rows, ActivationCache cache)
    {
        int width = _map.Shape(point, 1, 1).Aggregate(1, (a, b) => a * b);
        if (!_sums.TryGetValue((point, name), out Sums? sums))
        {
            _sums[(point, name)] = sums = new Sums(new double[rows * width], new int[rows]);
        }

        float[] activations = cache.Values(point);
        for (int p = 0; p < cache.Positions; p++)
        {
            int row = rows > 1 ? p : 0;
            sums.Counts[row]++;
            for (int i = 0; i < width; i++)
            {
                sums.Values[(row * width) + i] += activations[(p * width) + i];
            }
        }
    }

    private TensorValue Mean(HookPoint point, string name)
    {
        if (!_means.TryGetValue((point, name), out TensorValue? mean))
        {
            Sums sums = _sums[(point, name)];
            int width = sums.Values.Length / sums.Counts.Length;
            float[] means = [.. sums.Values.Select((sum, i) => (float)(sum / sums.Counts[i / width]))];
            int[] shape = _map.Shape(point, sums.Counts.Length, sums.Counts.Length);
            _means[(point, name)] = mean = new TensorValue(ByPosition && name != "overall" ? shape : shape[1..], means);
        }

        return mean;
    }

    private sealed record Sums(double[] Values, int[] Counts);
}

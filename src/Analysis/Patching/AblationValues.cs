using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Means and donors' values, each computed when it is first asked for.</summary>
internal sealed class AblationValues(
    HookMap map, ActivationCache[] caches, IReadOnlyList<PromptPair> reference, AblationOptions ablation, int?[] donors)
{
    private readonly Dictionary<(HookPoint, string), TensorValue> _values = [];

    /// <summary>What replaces a point's activation in a prompt.</summary>
    public TensorValue For(HookPoint point, int prompt, PromptPair pair)
    {
        if (ablation.Kind == AblationKind.Resample)
        {
            return Cached(point, $"donor {donors[prompt]}", () => caches[donors[prompt]!.Value].Value(point));
        }

        bool byPosition = ablation.Kind == AblationKind.MeanByPosition;
        return ablation.ByGroup
            ? Cached(point, $"group {pair.Group}", () => Mean(point, byPosition, pair.Group))
            : Cached(point, "all", () => Mean(point, byPosition, null));
    }

    /// <summary>One mean over all prompts and positions.</summary>
    public float[] Overall(HookPoint point) => Cached(point, "overall", () => Mean(point, false, null)).Values;

    private TensorValue Cached(HookPoint point, string name, Func<TensorValue> make)
    {
        if (!_values.TryGetValue((point, name), out TensorValue? value))
        {
            _values[(point, name)] = value = make();
        }

        return value;
    }

    private TensorValue Mean(HookPoint point, bool byPosition, string? group)
    {
        if (point.Kind is HookKind.Pattern or HookKind.AttnScores)
        {
            throw new InvalidInputException(
                $"hook {map.Name(point)}: a mean over positions is not defined for attention; expected zero or resample");
        }

        ActivationCache[] used = [.. caches.Where((_, i) => !ablation.ByGroup || group is null || reference[i].Group == group)];
        int width = map.Shape(point, 1, 1).Aggregate(1, (a, b) => a * b);
        int longest = byPosition ? used.Max(c => c.Positions) : 1;
        var sums = new double[longest * width];
        var counts = new int[longest];
        foreach (ActivationCache cache in used)
        {
            float[] activations = cache.Values(point);
            for (int p = 0; p < cache.Positions; p++)
            {
                int row = byPosition ? p : 0;
                counts[row]++;
                for (int i = 0; i < width; i++)
                {
                    sums[(row * width) + i] += activations[(p * width) + i];
                }
            }
        }

        float[] means = [.. sums.Select((sum, i) => (float)(sum / counts[i / width]))];
        int[] shape = map.Shape(point, longest, longest);
        return new TensorValue(byPosition ? shape : shape[1..], means);
    }
}

using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Chooses neurons (<see cref="NeuronChoice"/>).</summary>
internal static class NeuronPromise
{
    /// <summary>The neurons of a point, ascending.</summary>
    /// <param name="model">The model.</param>
    /// <param name="choice">Which.</param>
    /// <param name="point">A point with neurons.</param>
    /// <param name="change">For each prompt the activations before and after the change, [pos, d_mlp].</param>
    /// <exception cref="InvalidInputException">A neuron that was listed is out of range.</exception>
    public static IReadOnlyList<int> Choose(
        TransformerModel model, NeuronChoice choice, HookPoint point, IEnumerable<(float[] From, float[] To)> change)
    {
        int width = model.Config.DMlp;
        if (choice.TopCount == 0)
        {
            return choice.Listed.Where(n => (uint)n >= (uint)width).Cast<int?>().FirstOrDefault() is { } outside
                ? throw new InvalidInputException(
                    $"neuron {outside}: out of range, {model.Hooks.Name(point)} has neurons 0..{width - 1}")
                : [.. choice.Listed.Distinct().Order()];
        }

        if (model.Weights.Blocks[point.Layer].FeedForward is not { } weights)
        {
            throw new InvalidInputException(
                $"neurons top:{choice.TopCount}: {model.Hooks.Name(point)} belongs to no single FFN; expected a list of neurons");
        }

        var promise = new double[width];
        foreach ((float[] from, float[] to) in change)
        {
            // Prompts of different length compare the positions that both have.
            for (int i = 0; i < Math.Min(from.Length, to.Length); i++)
            {
                promise[i % width] += Math.Abs((double)to[i] - from[i]);
            }
        }

        var row = new float[model.Config.DModel];
        for (int n = 0; n < width; n++)
        {
            weights.Out.CopyInput(n, row);
            promise[n] *= Math.Sqrt(row.Sum(x => (double)x * x));
        }

        return [.. Enumerable.Range(0, width).OrderByDescending(n => promise[n]).ThenBy(n => n).Take(choice.TopCount).Order()];
    }
}

using System.Numerics.Tensors;
using Interp.Hooks;

namespace Interp.Runtime.Forward;

internal sealed partial class ForwardPass<THooks>
{
    /// <summary>Where values were first infinite or undefined; null when they were not met.</summary>
    public NonFinite? NonFinite { get; private set; }

    /// <summary>Remembers the first row of numbers that are not finite.</summary>
    /// <param name="kind">Kind of the point they are at.</param>
    /// <param name="layer">Layer, or -1.</param>
    /// <param name="values">[rows, width].</param>
    /// <param name="rows">The row of the batch that each row belongs to; null = one after the other.</param>
    private void Watch(HookKind kind, int layer, ReadOnlySpan<float> values, int[]? rows = null)
    {
        if (values.IsEmpty || NonFinite is not null || TensorPrimitives.IsFiniteAll(values))
        {
            return;
        }

        int index = 0;
        while (float.IsFinite(values[index]))
        {
            index++;
        }

        int width = values.Length / (rows?.Length ?? _rows);
        int row = rows is null ? index / width : rows[index / width];
        int sequence = Array.FindLastIndex(_rowStart, start => start <= row);
        NonFinite = new NonFinite(sequence, _first[sequence] + row - _rowStart[sequence], new HookPoint(kind, layer));
    }

    /// <summary>The rows of the batch whose logits were asked for.</summary>
    private int[] LogitRowIndices(LogitRows logits) =>
        [.. Enumerable.Range(0, _batch.Count).SelectMany(s => logits.Resolve(Length(s), s).Select(p => _rowStart[s] + p))];

    private static float[] Take(float[] matrix, int[] rows, int width)
    {
        var taken = new float[rows.Length * width];
        for (int i = 0; i < rows.Length; i++)
        {
            matrix.AsSpan(rows[i] * width, width).CopyTo(taken.AsSpan(i * width));
        }

        return taken;
    }
}

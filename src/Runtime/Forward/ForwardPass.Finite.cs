using Interp.Hooks;

namespace Interp.Runtime.Forward;

internal sealed unsafe partial class ForwardPass<THooks>
{
    /// <summary>Where values were first infinite or undefined; null when they were not met.</summary>
    public NonFinite? NonFinite { get; private set; }

    /// <summary>Remembers the first row of numbers that are not finite.</summary>
    /// <param name="kind">Kind of the point they are at.</param>
    /// <param name="layer">Layer, or -1.</param>
    /// <param name="values">[rows, width].</param>
    private void Watch(HookKind kind, int layer, ReadOnlySpan<float> values)
    {
        if (values.IsEmpty || NonFinite is not null || RowJobs.IsFinite(values, _threads))
        {
            return;
        }

        int index = 0;
        while (float.IsFinite(values[index]))
        {
            index++;
        }

        int row = index / (values.Length / _rows);
        RowSegment segment = Array.FindLast(_segments, s => s.Row <= row);
        NonFinite = new NonFinite(segment.Sequence, segment.First + row - segment.Row, new HookPoint(kind, layer));
    }
}

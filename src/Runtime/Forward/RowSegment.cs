using Interp.Hooks;

namespace Interp.Runtime.Forward;

/// <summary>Rows of consecutive positions of one sequence in the matrix that a pass works on.</summary>
/// <param name="Sequence">What hooks are told.</param>
/// <param name="Row">The first row.</param>
/// <param name="Count">Number of rows.</param>
/// <param name="First">Position of the first row.</param>
/// <param name="Keys">Index of the keys that the rows read, in the pass's <see cref="PassKeys"/>.</param>
internal readonly record struct RowSegment(int Sequence, int Row, int Count, int First, int Keys)
{
    /// <summary>Position after the last row.</summary>
    public int End => First + Count;

    /// <summary>What listeners are told.</summary>
    public SequenceRows Offered => new(Sequence, Row, Count, First);
}

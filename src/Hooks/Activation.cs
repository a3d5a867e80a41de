namespace Interp.Hooks;

/// <summary>
/// The values at one hook point for one sequence in one forward pass, as a listener sees them. Writing to
/// <see cref="Data"/> replaces what the rest of the pass uses.
/// </summary>
public readonly ref struct Activation
{
    /// <summary>Creates a view.</summary>
    /// <param name="point">The hook point.</param>
    /// <param name="sequence">Index of the sequence in the batch.</param>
    /// <param name="firstPosition">Absolute position of the first row (above 0 when continuing from a key-value cache).</param>
    /// <param name="positions">Number of positions computed in this pass.</param>
    /// <param name="heads">Size of the head axis, or 1 when the point has none.</param>
    /// <param name="data">The values, row-major in the axes of the point.</param>
    public Activation(HookPoint point, int sequence, int firstPosition, int positions, int heads, Span<float> data)
    {
        Point = point;
        Sequence = sequence;
        FirstPosition = firstPosition;
        Positions = positions;
        Heads = heads;
        Data = data;
    }

    /// <summary>The hook point.</summary>
    public HookPoint Point { get; }

    /// <summary>Index of the sequence in the batch.</summary>
    public int Sequence { get; }

    /// <summary>Absolute position of the first row.</summary>
    public int FirstPosition { get; }

    /// <summary>Number of positions computed in this pass.</summary>
    public int Positions { get; }

    /// <summary>Size of the head axis, or 1 when the point has none.</summary>
    public int Heads { get; }

    /// <summary>The values, row-major in the axes of the point.</summary>
    public Span<float> Data { get; }

    /// <summary>Values per (head, position): d_head, d_model, d_mlp, or source positions for scores and patterns.</summary>
    public int Width => Data.Length / Math.Max(1, Positions * Heads);

    /// <summary>A copy of the values.</summary>
    /// <returns>A new array.</returns>
    public float[] Copy()
    {
        float[] copy = GC.AllocateUninitializedArray<float>(Data.Length);
        Data.CopyTo(copy);
        return copy;
    }

    /// <summary>The values at one position, of one head where the point has heads; as in a cache, position comes first.</summary>
    /// <param name="position">Absolute position, in [<see cref="FirstPosition"/>, FirstPosition + Positions).</param>
    /// <param name="head">Head index; 0 when the point has no head axis.</param>
    /// <exception cref="InvalidInputException">Position or head are out of range.</exception>
    public Span<float> Row(int position, int head = 0)
    {
        if (position < FirstPosition || position >= FirstPosition + Positions)
        {
            throw new InvalidInputException(
                $"hook {Point}: position {position} is out of range, expected {FirstPosition}..{FirstPosition + Positions - 1}");
        }

        if ((uint)head >= (uint)Math.Max(1, Heads))
        {
            string expected = Heads > 1 ? $"expected 0..{Heads - 1}" : "the point has no heads";
            throw new InvalidInputException($"hook {Point}: head {head} is out of range, {expected}");
        }

        int row = RowLayout.Index(Point.Kind, head, position - FirstPosition, Heads, Positions);
        return Data.Slice(row * Width, Width);
    }
}

/// <summary>Where the values of one head at one position stand inside an activation.</summary>
internal static class RowLayout
{
    /// <summary>Index of the run of values, in units of runs.</summary>
    public static int Index(HookKind kind, int head, int position, int heads, int positions) =>
        kind is HookKind.AttnScores or HookKind.Pattern ? (head * positions) + position : (position * heads) + head;
}

namespace Interp.Hooks;

/// <summary>Rows of consecutive positions of one sequence among the rows of a batch.</summary>
/// <param name="Sequence">Index of the sequence.</param>
/// <param name="Row">The first row.</param>
/// <param name="Count">Number of rows.</param>
/// <param name="First">Position of the first row.</param>
public readonly record struct SequenceRows(int Sequence, int Row, int Count, int First);

/// <summary>The values at one hook point for the sequences of a pass at once, to be copied; nobody changes them here.</summary>
public readonly ref struct ActivationBatch
{
    /// <summary>Creates a view.</summary>
    /// <param name="point">The hook point.</param>
    /// <param name="sequences">Where each sequence stands, in order of rows, without gaps.</param>
    /// <param name="values">The values, [rows, width].</param>
    /// <param name="width">Values per row.</param>
    /// <param name="threads">Threads that copying may take.</param>
    public ActivationBatch(HookPoint point, ReadOnlySpan<SequenceRows> sequences, ReadOnlySpan<float> values, int width, int threads)
    {
        Point = point;
        Sequences = sequences;
        Values = values;
        Width = width;
        Threads = threads;
    }

    /// <summary>The hook point.</summary>
    public HookPoint Point { get; }

    /// <summary>
    /// Where each sequence stands, in order of rows, without gaps. Scores and patterns come one sequence at a time, with a row for each
    /// (head, position).
    /// </summary>
    public ReadOnlySpan<SequenceRows> Sequences { get; }

    /// <summary>The values, [rows, width].</summary>
    public ReadOnlySpan<float> Values { get; }

    /// <summary>Values per row, all heads together.</summary>
    public int Width { get; }

    /// <summary>Threads that copying may take.</summary>
    public int Threads { get; }
}

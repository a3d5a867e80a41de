using Interp.Hooks;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Forward;

/// <summary>Where the rows of each sequence of a batch are copied to.</summary>
internal interface IRowTargets
{
    /// <summary>The place of all rows of a sequence.</summary>
    Span<float> Of(int sequence);

    /// <summary>Whether that is memory that nobody had before, or may be: most of the time goes into its pages then, which the threads take as well as copy.</summary>
    bool IsNew(int sequence);
}

/// <summary>Copies the rows of sequences that stand one behind the other in a matrix, each sequence to a place of its own, shared out to threads.</summary>
/// <typeparam name="TTargets">The places.</typeparam>
internal unsafe struct RowCopy<TTargets> : IParallelJob
    where TTargets : struct, IRowTargets
{
    private const int Piece = 32 * 1024;

    private float* _source;
    private int _length;
    private int _width;
    private SequenceRows[] _sequences;
    private TTargets _targets;

    /// <summary>Copies.</summary>
    /// <param name="batch">The values.</param>
    /// <param name="targets">Where to, for each sequence.</param>
    public static void Run(in ActivationBatch batch, TTargets targets)
    {
        fixed (float* source = batch.Values)
        {
            var job = new RowCopy<TTargets>
            {
                _source = source,
                _length = batch.Values.Length,
                _width = batch.Width,
                _sequences = batch.Sequences.ToArray(),
                _targets = targets,
            };
            WorkerPool.Run(job, (batch.Values.Length + Piece - 1) / Piece, batch.Threads);
        }
    }

    /// <summary>Copies one piece of the matrix.</summary>
    public readonly void Run(int item)
    {
        int at = item * Piece, end = Math.Min(at + Piece, _length), s = 0;
        while (at < end)
        {
            while (End(s) <= at)
            {
                s++;
            }

            int count = Math.Min(end, End(s)) - at;
            Span<float> target = _targets.Of(s)[(at - (_sequences[s].Row * _width))..];
            if (_targets.IsNew(s))
            {
                fixed (float* start = target)
                {
                    SystemMemory.Take(start, (long)count * sizeof(float));
                }
            }

            new ReadOnlySpan<float>(_source + at, count).CopyTo(target);
            at += count;
        }
    }

    private readonly int End(int s) => (_sequences[s].Row + _sequences[s].Count) * _width;
}

using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

/// <summary>Where the rows of each segment of a matrix are copied to.</summary>
internal interface IRowTargets
{
    /// <summary>The place of all rows of a segment.</summary>
    Span<float> Of(int segment);

    /// <summary>Whether that is memory that nobody had before, or may be: most of the time goes into its pages then, which the threads take as well as copy.</summary>
    bool IsNew(int segment);
}

/// <summary>Copies the rows of segments that stand one behind the other in a matrix, each segment to a place of its own, shared out to threads.</summary>
/// <typeparam name="TTargets">The places.</typeparam>
internal unsafe struct RowCopy<TTargets> : IParallelJob
    where TTargets : struct, IRowTargets
{
    private const int Piece = 32 * 1024;

    private float* _source;
    private int _length;
    private int _width;
    private RowSegment[] _segments;
    private TTargets _targets;

    /// <summary>Copies.</summary>
    /// <param name="segments">The segments, in order of their place, without gaps.</param>
    /// <param name="values">[rows, width].</param>
    /// <param name="width">Floats per row.</param>
    /// <param name="targets">Where to.</param>
    /// <param name="threads">Threads.</param>
    public static void Run(ReadOnlySpan<RowSegment> segments, ReadOnlySpan<float> values, int width, TTargets targets, int threads)
    {
        fixed (float* source = values)
        {
            var job = new RowCopy<TTargets>
            {
                _source = source,
                _length = values.Length,
                _width = width,
                _segments = segments.ToArray(),
                _targets = targets,
            };
            WorkerPool.Run(job, (values.Length + Piece - 1) / Piece, threads);
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
            Span<float> target = _targets.Of(s)[(at - (_segments[s].Row * _width))..];
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

    private readonly int End(int s) => (_segments[s].Row + _segments[s].Count) * _width;
}

using System.Numerics.Tensors;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Forward;

/// <summary>Work on rows that are independent of each other, cut into blocks of rows that stay in the first caches.</summary>
internal static unsafe class RowJobs
{
    // Below this many floats, waking another thread costs more than it gives.
    internal const int FloatsWorthThreads = 32 * 1024;

    /// <summary>What of a norm is computed.</summary>
    [Flags]
    internal enum NormParts
    {
        /// <summary>Mean and scale.</summary>
        Statistics = 1,

        /// <summary>(x - mean) / scale.</summary>
        Normalize = 2,

        /// <summary>Gain and bias.</summary>
        GainBias = 4,

        /// <summary>All in one go over each row.</summary>
        All = Statistics | Normalize | GainBias,
    }

    /// <summary>A norm of rows, or parts of it; see <see cref="Normalization"/>. In place or not.</summary>
    internal static void Norm(
        NormParts parts, NormKind kind, float epsilon, NormWeights weights, FloatBlock x, int rows, int width, FloatBlock mean,
        FloatBlock scale, FloatBlock destination, int threads)
    {
        var job = new NormJob
        {
            Parts = parts,
            Kind = kind,
            Epsilon = epsilon,
            Weights = weights,
            X = x,
            Mean = mean,
            Scale = scale,
            Destination = destination,
            Blocks = new RowBlocks(rows, width),
        };
        Run(job, job.Blocks, threads);
    }

    /// <summary>Rows of a table. Those of a tied one lie apart, number by number, so that a thread waits for memory rather than computes.</summary>
    internal static void Gather(EmbeddingTable table, int[] indices, FloatBlock destination, int threads)
    {
        var job = new GatherJob { Table = table, Indices = indices, Destination = destination, Blocks = new RowBlocks(indices.Length, table.Width) };
        Run(job, job.Blocks, threads);
    }

    /// <summary>stream += write.</summary>
    internal static void Add(FloatBlock stream, FloatBlock write, int rows, int width, int threads)
    {
        var job = new AddJob { Stream = stream, Write = write, Blocks = new RowBlocks(rows, width) };
        Run(job, job.Blocks, threads);
    }

    /// <summary>Each row's heads added in order to +0, then the bias where there is one.</summary>
    internal static void SumHeads(
        FloatBlock heads, int count, ReadOnlySpan<float> bias, FloatBlock sums, int rows, int width, int threads)
    {
        fixed (float* added = bias)
        {
            var job = new SumHeadsJob
            {
                Heads = heads,
                HeadCount = count,
                Bias = bias.IsEmpty ? null : added,
                Sums = sums,
                Blocks = new RowBlocks(rows, width),
            };
            Run(job, job.Blocks, threads);
        }
    }

    /// <summary>values = f(values).</summary>
    internal static void Activate(ActivationFunction f, FloatBlock values, int rows, int width, int threads)
    {
        var job = new ActivateJob { Function = f, Values = values, Blocks = new RowBlocks(rows, width) };
        Run(job, job.Blocks, threads);
    }

    /// <summary>values = values * linear, plus a bias where there is one.</summary>
    internal static void Gate(FloatBlock values, FloatBlock linear, float[] bias, int rows, int width, int threads)
    {
        var job = new GateJob { Values = values, Linear = linear, Bias = bias, Blocks = new RowBlocks(rows, width) };
        Run(job, job.Blocks, threads);
    }

    /// <summary>Whether all values are finite.</summary>
    internal static bool IsFinite(ReadOnlySpan<float> values, int threads)
    {
        if (values.Length < FloatsWorthThreads)
        {
            return RowLoops.AllFinite(values);
        }

        int found = 0;
        fixed (float* start = values)
        {
            var job = new FiniteJob { Values = start, Length = values.Length, Found = &found };
            WorkerPool.Run(job, (values.Length + FloatsWorthThreads - 1) / FloatsWorthThreads, threads);
        }

        return found == 0;
    }

    private static void Run<TJob>(TJob job, RowBlocks blocks, int threads)
        where TJob : struct, IParallelJob => WorkerPool.Run(job, blocks.Count, blocks.Floats < FloatsWorthThreads ? 1 : threads);

    /// <summary>Rows cut into blocks.</summary>
    private readonly struct RowBlocks(int rows, int width)
    {
        private const int FloatsPerBlock = 8 * 1024;

        private int PerBlock => Math.Max(1, FloatsPerBlock / Math.Max(1, width));

        public long Floats => (long)rows * width;

        public int Count => (rows + PerBlock - 1) / PerBlock;

        public (int First, int Rows) Block(int item) => (item * PerBlock, Math.Min(PerBlock, rows - (item * PerBlock)));

        public Span<float> Of(FloatBlock matrix, int item)
        {
            (int first, int count) = Block(item);
            return new Span<float>(matrix.Pointer + ((nint)first * width), count * width);
        }

        public int Width => width;
    }

    private struct NormJob : IParallelJob
    {
        public NormParts Parts;
        public NormKind Kind;
        public float Epsilon;
        public NormWeights Weights;
        public FloatBlock X;
        public FloatBlock Mean;
        public FloatBlock Scale;
        public FloatBlock Destination;
        public RowBlocks Blocks;

        public readonly void Run(int item)
        {
            (int first, int rows) = Blocks.Block(item);
            ReadOnlySpan<float> x = Blocks.Of(X, item);
            Span<float> destination = Blocks.Of(Destination, item), scale = new(Scale.Pointer + first, rows);
            Span<float> mean = Kind == NormKind.LayerNorm ? new(Mean.Pointer + first, rows) : default;
            if (Parts == NormParts.All)
            {
                Normalization.Apply(x, Blocks.Width, Epsilon, mean, scale, Weights.Gain, Weights.Bias, destination);
                return;
            }

            if (Parts.HasFlag(NormParts.Statistics) && Kind == NormKind.LayerNorm)
            {
                Normalization.LayerNormStatistics(x, Blocks.Width, Epsilon, mean, scale);
            }
            else if (Parts.HasFlag(NormParts.Statistics))
            {
                Normalization.RmsStatistics(x, Blocks.Width, Epsilon, scale);
            }

            if (Parts.HasFlag(NormParts.Normalize))
            {
                Normalization.Normalize(x, mean, scale, Blocks.Width, destination);
            }

            if (Parts.HasFlag(NormParts.GainBias))
            {
                Normalization.GainBias(destination, Weights.Gain, Weights.Bias, Blocks.Width, destination);
            }
        }
    }

    private struct GatherJob : IParallelJob
    {
        public EmbeddingTable Table;
        public int[] Indices;
        public FloatBlock Destination;
        public RowBlocks Blocks;

        public readonly void Run(int item)
        {
            (int first, int rows) = Blocks.Block(item);
            for (int row = first; row < first + rows; row++)
                Table.CopyRow(Indices[row], Destination.From(row, Blocks.Width).Rows(1, Blocks.Width));
        }
    }

    private struct FiniteJob : IParallelJob
    {
        public float* Values;
        public int Length;
        public int* Found;

        public readonly void Run(int item)
        {
            int first = item * FloatsWorthThreads;
            if (!RowLoops.AllFinite(new(Values + first, Math.Min(FloatsWorthThreads, Length - first))))
            {
                Volatile.Write(ref *Found, 1);
            }
        }
    }

    private struct AddJob : IParallelJob
    {
        public FloatBlock Stream;
        public FloatBlock Write;
        public RowBlocks Blocks;

        public readonly void Run(int item)
        {
            Span<float> stream = Blocks.Of(Stream, item);
            RowLoops.Add(stream, Blocks.Of(Write, item));
        }
    }

    private struct SumHeadsJob : IParallelJob
    {
        public FloatBlock Heads;
        public int HeadCount;
        public float* Bias;
        public FloatBlock Sums;
        public RowBlocks Blocks;

        public readonly void Run(int item)
        {
            (int first, int rows) = Blocks.Block(item);
            int width = Blocks.Width;
            for (int row = first; row < first + rows; row++)
            {
                var sum = new Span<float>(Sums.Pointer + ((nint)row * width), width);
                sum.Clear();
                for (int h = 0; h < HeadCount; h++)
                {
                    RowLoops.Add(sum, new ReadOnlySpan<float>(Heads.Pointer + ((((nint)row * HeadCount) + h) * width), width));
                }

                if (Bias is not null)
                {
                    RowLoops.Add(sum, new ReadOnlySpan<float>(Bias, width));
                }
            }
        }
    }

    private struct ActivateJob : IParallelJob
    {
        public ActivationFunction Function;
        public FloatBlock Values;
        public RowBlocks Blocks;

        public readonly void Run(int item)
        {
            Span<float> values = Blocks.Of(Values, item);
            Activations.Apply(Function, values, values);
        }
    }

    private struct GateJob : IParallelJob
    {
        public FloatBlock Values;
        public FloatBlock Linear;
        public float[] Bias;
        public RowBlocks Blocks;

        public readonly void Run(int item)
        {
            Span<float> values = Blocks.Of(Values, item);
            TensorPrimitives.Multiply(values, Blocks.Of(Linear, item), values);
            if (Bias.Length > 0)
            {
                Normalization.GainBias(values, [], Bias, Blocks.Width, values);
            }
        }
    }
}

using Interp.Runtime.Machine;

namespace Interp.Runtime.Kernels;

internal static unsafe partial class MatrixProduct
{
    /// <summary>
    /// Three products of the same rows, each as <see cref="Multiply"/> gives it, in one run of the threads: queries, keys and values of a token are
    /// done in the time in which threads meet three times.
    /// </summary>
    /// <param name="x">Row-major [rows, K].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="a">The first.</param>
    /// <param name="b">The second.</param>
    /// <param name="c">The third.</param>
    /// <param name="threads">Most threads to use; small products use one.</param>
    /// <param name="tier">Vector width; the best one of the machine by default.</param>
    internal static void MultiplyThree(
        ReadOnlySpan<float> x, int rows, in Target a, in Target b, in Target c, int threads = 1, KernelTier? tier = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        Check.Size(x.Length, rows, a.Weight.Inputs, nameof(x));
        a.Validate(rows, a.Weight.Inputs, nameof(a));
        b.Validate(rows, a.Weight.Inputs, nameof(b));
        c.Validate(rows, a.Weight.Inputs, nameof(c));
        fixed (float* px = x, ba = a.Bias, bb = b.Bias, bc = c.Bias, da = a.Destination, db = b.Destination, dc = c.Destination)
        {
            ProductJob* jobs = stackalloc ProductJob[]
            {
                Job(px, rows, a.Weight, ba, da, threads), Job(px, rows, b.Weight, bb, db, threads), Job(px, rows, c.Weight, bc, dc, threads),
            };
            bool alike = a.Weight.Format == b.Weight.Format && b.Weight.Format == c.Weight.Format;
            for (int first = 0; first < 3; first += alike ? 3 : 1)
            {
                var work = new JobsTogether { Jobs = jobs + first, Count = alike ? 3 : 1 };
                KernelTiers.Run(ref work, tier);
            }
        }

        GC.KeepAlive(a.Weight);
        GC.KeepAlive(b.Weight);
        GC.KeepAlive(c.Weight);
    }

    /// <summary>One of several products of the same rows.</summary>
    /// <param name="weight">The weights [K, N].</param>
    /// <param name="bias">N values, or empty for none.</param>
    /// <param name="destination">Row-major [rows, N].</param>
    internal readonly ref struct Target(PackedMatrix weight, ReadOnlySpan<float> bias, Span<float> destination)
    {
        internal readonly PackedMatrix Weight = weight;
        internal readonly ReadOnlySpan<float> Bias = bias;
        internal readonly Span<float> Destination = destination;

        internal void Validate(int rows, int inputs, string name)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(Weight.Inputs, inputs, name);
            Check.LengthOrEmpty(Bias.Length, Weight.Outputs, name);
            Check.Size(Destination.Length, rows, Weight.Outputs, name);
        }
    }

    private struct JobsTogether : ILaneJob
    {
        internal ProductJob* Jobs;
        internal int Count;

        public readonly void Run<T>()
            where T : struct, ILanes<T> => ProductJob.Run<T>(Jobs, Count);
    }
}

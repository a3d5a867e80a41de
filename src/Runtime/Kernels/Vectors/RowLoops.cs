using System.Numerics;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Kernels;

/// <summary>
/// What is done to every row of every pass between products. TensorPrimitives has these loops too, but its code for the widest
/// vectors cannot be compiled ahead of time: a program that runs a few tokens would wait for the compiler longer than for the
/// model. Memory bounds them at any width, and each element is rounded once, so the bits are the same at each.
/// </summary>
internal static class RowLoops
{
    /// <summary>sum += term.</summary>
    internal static void Add(Span<float> sum, ReadOnlySpan<float> term)
    {
        Check.Length(term.Length, sum.Length, nameof(term));
        int i = 0;
        for (; i <= sum.Length - Vector<float>.Count; i += Vector<float>.Count)
            (new Vector<float>(sum[i..]) + new Vector<float>(term[i..])).CopyTo(sum[i..]);
        for (; i < sum.Length; i++)
            sum[i] += term[i];
    }

    /// <summary>Whether all values are finite: x - x is 0 for those, NaN for the others, and stays NaN in a sum.</summary>
    internal static bool AllFinite(ReadOnlySpan<float> values)
    {
        Vector<float> sums = Vector<float>.Zero;
        float sum = 0;
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var next = new Vector<float>(values[i..]);
            sums += next - next;
        }

        for (; i < values.Length; i++)
            sum += values[i] - values[i];
        return sum == 0 && Vector.EqualsAll(sums, Vector<float>.Zero);
    }
}

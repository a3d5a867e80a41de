using Interp.Hooks;

namespace Interp.Analysis;

/// <summary>Collects the differences of one point over several sequences.</summary>
internal sealed class ActivationComparison(string name, int? layer)
{
    // What engines write into scores where attention is masked; none of them is a number that a model computes.
    private const float Masked = -1e9f;

    private int[] _shape = [];
    private double _difference;
    private double _largest;

    /// <summary>Compares one sequence.</summary>
    /// <param name="shape">Shape of both.</param>
    /// <param name="values">Ours.</param>
    /// <param name="reference">The reference's; -infinity and numbers below -1e9 mean the same.</param>
    public void Add(int[] shape, ReadOnlySpan<float> values, ReadOnlySpan<float> reference)
    {
        _shape = _shape.Length == 0 ? shape : _shape;
        for (int i = 0; i < values.Length; i++)
        {
            float ours = values[i], theirs = reference[i];
            if (ours.Equals(theirs) || (float.IsNegativeInfinity(ours) && theirs <= Masked))
            {
                _largest = float.IsFinite(theirs) && theirs > Masked ? Math.Max(_largest, Math.Abs(theirs)) : _largest;
                continue;
            }

            double difference = Math.Abs((double)ours - theirs);
            _difference = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(_difference, difference);
            _largest = float.IsFinite(theirs) ? Math.Max(_largest, Math.Abs(theirs)) : _largest;
        }
    }

    /// <summary>The row of the report.</summary>
    public VerifyRow Row(double tolerance)
    {
        double relative = _difference == 0 ? 0 : _difference / _largest;
        return new VerifyRow(name, layer, _shape, _difference, relative, relative <= tolerance);
    }
}

using System.Collections;

namespace Interp.Analysis;

/// <summary>What was measured in the runs of a sweep, as far as it was.</summary>
/// <param name="count">Number of runs.</param>
internal sealed class SweepValues(int count)
{
    private readonly double[] _values = new double[count];
    private readonly BitArray _measured = new(count);

    /// <summary>Number of runs.</summary>
    public int Count => count;

    /// <summary>Whether a run was measured.</summary>
    public bool Has(int run) => _measured[run];

    /// <summary>The metric of a run.</summary>
    public double this[int run]
    {
        get => _values[run];
        set
        {
            _values[run] = value;
            _measured[run] = true;
        }
    }
}

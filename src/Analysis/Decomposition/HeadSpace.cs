namespace Interp.Analysis;

/// <summary>
/// A head's value space: what of a vector of d_head numbers arrives in the stream through the rows of W_O, without ever
/// making the vector of d_model numbers.
/// </summary>
internal sealed class HeadSpace
{
    private readonly float[][] _rows;
    private readonly Lazy<double[]> _gram;

    /// <summary>Creates the space.</summary>
    /// <param name="rows">The head's rows of W_O, [d_head][d_model].</param>
    public HeadSpace(float[][] rows)
    {
        _rows = rows;
        _gram = new Lazy<double[]>(Gram);
        Sums = [.. rows.Select(r => r.Sum(x => (double)x))];
    }

    /// <summary>Sum of each row, [d_head].</summary>
    public double[] Sums { get; }

    /// <summary>direction W_O^T, [d_head]: the dot of a value with it is the dot of its write with the direction.</summary>
    public double[] Project(ReadOnlySpan<double> direction)
    {
        var projected = new double[_rows.Length];
        for (int i = 0; i < projected.Length; i++)
        {
            projected[i] = Dots.Of(_rows[i], direction);
        }

        return projected;
    }

    /// <summary>|value W_O|^2, from the products of the rows with each other.</summary>
    public double SquaredNorm(ReadOnlySpan<double> value)
    {
        double[] gram = _gram.Value;
        double sum = 0;
        for (int i = 0; i < value.Length; i++)
        {
            double row = 0;
            for (int j = 0; j < value.Length; j++)
            {
                row += gram[(i * value.Length) + j] * value[j];
            }

            sum += value[i] * row;
        }

        return Math.Max(0, sum);
    }

    private double[] Gram()
    {
        int n = _rows.Length;
        var gram = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                gram[(i * n) + j] = gram[(j * n) + i] = Dots.Of(_rows[i], _rows[j]);
            }
        }

        return gram;
    }
}

using System.Numerics;
using MathNet.Numerics;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace Interp.Analysis;

/// <summary>
/// A product A B with A [n, r] and B [r, m], r small, which is never expanded: its norm, singular values and eigenvalues are
/// those of small matrices of size r.
/// </summary>
public sealed class LowRank
{
    private readonly Lazy<Matrix<double>> _core;

    /// <summary>Creates the product.</summary>
    /// <param name="left">A, [n, r].</param>
    /// <param name="right">B, [r, m].</param>
    public LowRank(Matrix<double> left, Matrix<double> right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        Left = left;
        Right = right;
        // A = Q1 R1 and B^T = Q2 R2, so A B = Q1 (R1 R2^T) Q2^T: the same singular values.
        _core = new Lazy<Matrix<double>>(() => Triangle(left) * Triangle(right.Transpose()).Transpose());
    }

    /// <summary>A, [n, r].</summary>
    public Matrix<double> Left { get; }

    /// <summary>B, [r, m].</summary>
    public Matrix<double> Right { get; }

    /// <summary>Frobenius norm.</summary>
    public double Norm => _core.Value.FrobeniusNorm();

    /// <summary>The singular values, largest first; at most r of them are not 0.</summary>
    public IReadOnlyList<double> SingularValues() => [.. _core.Value.Svd(false).S];

    /// <summary>The eigenvalues of a square product that can be other than 0, largest modulus first: those of B A, [r, r].</summary>
    public IReadOnlyList<Complex> Eigenvalues()
    {
        Matrix<double> small = Right * Left;
        (List<Complex> values, int[] rest) = Isolated(small);
        if (rest.Length > 0)
        {
            Matrix<double> core = Matrix<double>.Build.Dense(rest.Length, rest.Length, (i, j) => small[rest[i], rest[j]]);
            values.AddRange(Spectrum(core));
        }

        return [.. values.OrderByDescending(e => e.Magnitude).ThenByDescending(e => e.Imaginary)];
    }

    /// <summary>
    /// Eigenvalues that stand on the diagonal once rows and columns are permuted (Parlett and Reinsch 1969): those of a row or
    /// column with nothing beside its diagonal, again and again. A shift from each position to the next, which is all zeros
    /// here, is what iterations cannot compute: its eigenvalues move by the n-th root of a rounding error.
    /// </summary>
    private static (List<Complex> Values, int[] Others) Isolated(Matrix<double> matrix)
    {
        List<Complex> values = [];
        List<int> rest = [.. Enumerable.Range(0, matrix.RowCount)];
        while (rest.FindIndex(Alone) is >= 0 and var at)
        {
            values.Add(matrix[rest[at], rest[at]]);
            rest.RemoveAt(at);
        }

        return (values, [.. rest]);

        bool Alone(int i) =>
            rest.TrueForAll(j => j == i || matrix[i, j] == 0) || rest.TrueForAll(j => j == i || matrix[j, i] == 0);
    }

    private static IEnumerable<Complex> Spectrum(Matrix<double> matrix)
    {
        try
        {
            return matrix.Evd(Symmetricity.Asymmetric).EigenValues;
        }
        catch (NonConvergenceException)
        {
            // Iterations that go in circles do not on the shifted matrix, which has the same eigenvalues plus the shift.
            double shift = matrix.FrobeniusNorm();
            Matrix<double> shifted = matrix + (shift * Matrix<double>.Build.DenseIdentity(matrix.RowCount));
            return shifted.Evd(Symmetricity.Asymmetric).EigenValues.Select(e => e - shift);
        }
    }

    /// <summary>
    /// Sum of the eigenvalues over the sum of their moduli (Elhage et al. 2021), from -1 to 1: near 1 where what is read is
    /// written back with the same sign, that is, copied. 0 where all are 0.
    /// </summary>
    public double CopyingScore()
    {
        IReadOnlyList<Complex> values = Eigenvalues();
        double size = values.Sum(e => e.Magnitude);
        return size == 0 ? 0 : values.Sum(e => e.Real) / size;
    }

    /// <summary>This product times another; the smaller inner size stays.</summary>
    /// <param name="other">[m, k].</param>
    public LowRank Times(LowRank other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new LowRank(Left, Right * other.Left * other.Right);
    }

    /// <summary>The transposed product.</summary>
    public LowRank Transposed() => new(Right.Transpose(), Left.Transpose());

    /// <summary>
    /// The entries with the largest values, exactly, in memory of the two factors: by Cauchy and Schwarz an entry is at most
    /// |A[i]| |B[:, j]|, so rows and columns are visited from the longest on, until none can be among the largest any more.
    /// </summary>
    /// <param name="count">How many.</param>
    public IReadOnlyList<(int Row, int Column, double Value)> TopEntries(int count)
    {
        double[][] rows = Left.ToRowArrays(), columns = Right.ToColumnArrays();
        (int Index, double Norm)[] byRow = Longest(rows), byColumn = Longest(columns);
        var best = new PriorityQueue<(int Row, int Column, double Value), double>();
        foreach ((int i, double length) in byRow)
        {
            if (best.Count == count && length * byColumn[0].Norm <= best.Peek().Value)
            {
                break;
            }

            foreach ((int j, double other) in byColumn)
            {
                if (best.Count == count && length * other <= best.Peek().Value)
                {
                    break;
                }

                double value = Dot(rows[i], columns[j]);
                if (best.Count < count)
                {
                    best.Enqueue((i, j, value), value);
                }
                else if (value > best.Peek().Value)
                {
                    best.EnqueueDequeue((i, j, value), value);
                }
            }
        }

        return [.. best.UnorderedItems.Select(e => e.Element).OrderByDescending(e => e.Value).ThenBy(e => e.Row).ThenBy(e => e.Column)];
    }

    private static (int Index, double Norm)[] Longest(double[][] vectors) =>
        [.. vectors.Select((v, i) => (i, Math.Sqrt(Dot(v, v)))).OrderByDescending(v => v.Item2).ThenBy(v => v.i)];

    private static double Dot(double[] x, double[] y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }

    /// <summary>R of a thin QR decomposition, or the matrix itself where it is wider than high.</summary>
    private static Matrix<double> Triangle(Matrix<double> matrix) =>
        matrix.RowCount >= matrix.ColumnCount ? matrix.QR(QRMethod.Thin).R : matrix;
}

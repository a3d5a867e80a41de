using Interp.Runtime;
using MathNet.Numerics.LinearAlgebra;

namespace Interp.Analysis;

/// <summary>
/// Composition scores of all pairs of heads, |A B| / (|A| |B|) as in <see cref="HeadCircuits.Composition"/>. With A = W_V W_O and
/// B = W_X W_Y^T, |A B| = |R_V W_O W_X R_Y^T|, where R^T R = W^T W is [d_head, d_head]: each head's factors are made once, and all pairs
/// of two layers are the blocks of one matrix product [heads d_head, d_model] [d_model, heads d_head]. No [d_model, d_model] circuit is
/// ever made.
/// </summary>
internal sealed class HeadComposition
{
    private readonly TransformerModel _model;
    private readonly ModelConfig _config;
    private readonly int _threads;

    /// <summary>Reads a model's heads.</summary>
    /// <param name="model">The model.</param>
    /// <param name="threads">Threads of the products.</param>
    public HeadComposition(TransformerModel model, int threads) => (_model, _config, _threads) = (model, model.Config, threads);

    /// <summary>All pairs of two layers.</summary>
    /// <param name="from">The earlier layer's heads.</param>
    /// <param name="to">The later layer's heads, by one input.</param>
    /// <returns>[earlier head, later head].</returns>
    public double[,] Scores(Writers from, Readers to)
    {
        int heads = _config.NHeads, r = _config.DHead, width = heads * r;
        var blocks = new float[width * width];
        to.Maps.Apply(from.Rows, width, blocks, _threads);
        var scores = new double[heads, heads];
        for (int one = 0; one < heads; one++)
        {
            for (int two = 0; two < heads; two++)
            {
                double sum = 0;
                for (int i = 0; i < r; i++)
                {
                    ReadOnlySpan<float> row = blocks.AsSpan((((one * r) + i) * width) + (two * r), r);
                    sum += Dots.Of(row, row);
                }

                double size = from.Norms[one] * to.Norms[two];
                scores[one, two] = size == 0 ? 0 : Math.Sqrt(sum) / size;
            }
        }

        return scores;
    }

    /// <summary>R_V W_O of a layer's heads.</summary>
    public Writers WritersOf(int layer)
    {
        int heads = _config.NHeads, r = _config.DHead, d = _config.DModel;
        var rows = new float[heads * r * d];
        AttentionWeights weights = _model.Weights.Blocks[layer].Attention;
        for (int head = 0; head < heads; head++)
        {
            Matrix<double> product = Root(Columns(weights.Value, KeyHead(head))) * Rows(weights.Output, head);
            for (int i = 0; i < r; i++)
            {
                for (int j = 0; j < d; j++)
                {
                    rows[(((head * r) + i) * d) + j] = (float)product[i, j];
                }
            }
        }

        return new Writers(rows, [.. Enumerable.Range(0, heads).Select(h => Dots.Norm(rows.AsSpan(h * r * d, r * d)))]);
    }

    /// <summary>W_X R_Y^T of a layer's heads: what they read through an input, with the other half of the circuit.</summary>
    public Readers ReadersOf(int layer, QkvInput input)
    {
        int heads = _config.NHeads, r = _config.DHead, d = _config.DModel;
        AttentionWeights weights = _model.Weights.Blocks[layer].Attention;
        var maps = new float[d * heads * r];
        var norms = new double[heads];
        for (int head = 0; head < heads; head++)
        {
            (Matrix<double> reads, Matrix<double> other) = input switch
            {
                QkvInput.Query => (Columns(weights.Query, head), Columns(weights.Key, KeyHead(head))),
                QkvInput.Key => (Columns(weights.Key, KeyHead(head)), Columns(weights.Query, head)),
                _ => (Columns(weights.Value, KeyHead(head)), Rows(weights.Output, head).Transpose()),
            };
            Matrix<double> product = reads * Root(other).Transpose();
            norms[head] = product.FrobeniusNorm();
            for (int j = 0; j < d; j++)
            {
                for (int i = 0; i < r; i++)
                {
                    maps[(j * heads * r) + (head * r) + i] = (float)product[j, i];
                }
            }
        }

        return new Readers(Linear.FromInputsByOutputs(maps, d, heads * r), norms);
    }

    private int KeyHead(int head) => head / (_config.NHeads / _config.NKeyValueHeads);

    /// <summary>R, [d_head, d_head], with R^T R = W^T W: the roots of the eigenvalues times the eigenvectors.</summary>
    private static Matrix<double> Root(Matrix<double> matrix)
    {
        var spectrum = matrix.TransposeThisAndMultiply(matrix).Evd(Symmetricity.Symmetric);
        Vector<double> roots = spectrum.EigenValues.Map(e => Math.Sqrt(Math.Max(0, e.Real)));
        return Matrix<double>.Build.DiagonalOfDiagonalVector(roots) * spectrum.EigenVectors.Transpose();
    }

    private Matrix<double> Columns(Linear map, int head)
    {
        var column = new float[map.Inputs];
        return Matrix<double>.Build.DenseOfColumnArrays(Enumerable.Range(head * _config.DHead, _config.DHead).Select(i =>
        {
            map.CopyOutput(i, column);
            return column.Select(x => (double)x).ToArray();
        }));
    }

    private Matrix<double> Rows(Linear map, int head)
    {
        var row = new float[map.Outputs];
        return Matrix<double>.Build.DenseOfRowArrays(Enumerable.Range(head * _config.DHead, _config.DHead).Select(i =>
        {
            map.CopyInput(i, row);
            return row.Select(x => (double)x).ToArray();
        }));
    }

    /// <summary>What a layer's heads write, [heads d_head, d_model], and the norms of their OV circuits.</summary>
    public sealed record Writers(float[] Rows, double[] Norms);

    /// <summary>What a layer's heads read, d_model to heads d_head, and the norms of the circuits.</summary>
    public sealed record Readers(Linear Maps, double[] Norms);
}

namespace Interp.Analysis;

/// <summary>How the flow from a source to a destination is measured within a layer's attention.</summary>
public enum FlowMeasure
{
    /// <summary>Attention weight, mean over heads.</summary>
    Attention,

    /// <summary>Norm of what all heads together move, |sum_h a v W_O| (Kobayashi et al. 2020).</summary>
    ValueNorm,

    /// <summary>
    /// As value-norm, with the residual path added to the own position and, in a post-norm block, through the norm (Kobayashi et al.
    /// 2021).
    /// </summary>
    BlockNorm,

    /// <summary>
    /// ALTI (Ferrando et al. 2022): max(0, |y| - |y - T|) over its sum, 1-norms, with y what the attention block gives, and T the part
    /// of it that came from a source, the residual path included.
    /// </summary>
    Alti,
}

/// <summary>
/// One map per layer, [destination, source], of one prompt. Maps of <see cref="FlowMeasure.Alti"/> have rows that sum to 1.
/// </summary>
public sealed class FlowMaps
{
    private readonly double[][] _layers;

    internal FlowMaps(FlowMeasure measure, int positions, double[][] layers) =>
        (Measure, Positions, _layers) = (measure, positions, layers);

    /// <summary>What the maps measure.</summary>
    public FlowMeasure Measure { get; }

    /// <summary>Length of the prompt.</summary>
    public int Positions { get; }

    /// <summary>Number of layers.</summary>
    public int Layers => _layers.Length;

    /// <summary>One entry.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="destination">Position that reads.</param>
    /// <param name="source">Position that is read.</param>
    public double this[int layer, int destination, int source] => _layers[layer][(destination * Positions) + source];

    /// <summary>
    /// Rollout (Abnar and Zuidema 2020): the product of the layers' maps from the input up to each layer, rows normalised. Maps
    /// without the residual path get half of it, (A + I) / 2; the others have it in them.
    /// </summary>
    /// <returns>Maps from every layer's output to the tokens of the input.</returns>
    public FlowMaps Rollout()
    {
        int n = Positions;
        bool residual = Measure is FlowMeasure.BlockNorm or FlowMeasure.Alti;
        var rolled = new double[Layers][];
        for (int layer = 0; layer < Layers; layer++)
        {
            var mixing = new double[n * n];
            for (int i = 0; i < n; i++)
            {
                double sum = _layers[layer].AsSpan(i * n, n).ToArray().Sum();
                for (int j = 0; j < n; j++)
                {
                    double share = sum == 0 ? 0 : _layers[layer][(i * n) + j] / sum;
                    double own = i == j ? 1 : 0;
                    mixing[(i * n) + j] = sum == 0 ? own : residual ? share : (share + own) / 2;
                }
            }

            rolled[layer] = layer == 0 ? mixing : Product(mixing, rolled[layer - 1], n);
        }

        return new FlowMaps(Measure, n, rolled);
    }

    private static double[] Product(double[] x, double[] y, int n)
    {
        var product = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int k = 0; k < n; k++)
            {
                for (int j = 0; j < n; j++)
                {
                    product[(i * n) + j] += x[(i * n) + k] * y[(k * n) + j];
                }
            }
        }

        return product;
    }
}

namespace Interp.Analysis;

/// <summary>
/// One map per layer, or per head, [destination, source], of one prompt. Maps of <see cref="FlowMeasure.Alti"/> have rows that sum to
/// 1, by head together with the residual path.
/// </summary>
public sealed class FlowMaps
{
    private readonly double[][] _layers;
    private readonly double[][]? _residual;

    /// <summary>Keeps maps.</summary>
    /// <param name="measure">What they measure.</param>
    /// <param name="positions">Length of the prompt.</param>
    /// <param name="layers">Of each layer [destination, source], or by head [head, destination, source].</param>
    /// <param name="heads">Heads that are told apart; 0 = all together.</param>
    /// <param name="residual">By head: the residual path of each layer, [position]; null where the measure has none.</param>
    internal FlowMaps(FlowMeasure measure, int positions, double[][] layers, int heads = 0, double[][]? residual = null) =>
        (Measure, Positions, Heads, _layers, _residual) = (measure, positions, heads, layers, residual);

    /// <summary>What the maps measure.</summary>
    public FlowMeasure Measure { get; }

    /// <summary>Length of the prompt.</summary>
    public int Positions { get; }

    /// <summary>Number of layers.</summary>
    public int Layers => _layers.Length;

    /// <summary>Heads that are told apart; 0 = all heads of a layer together.</summary>
    public int Heads { get; }

    /// <summary>Whether the residual path is a part of its own, and not in the entries of the own position.</summary>
    public bool HasResidual => _residual is not null;

    /// <summary>One entry of maps of all heads together.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="destination">Position that reads.</param>
    /// <param name="source">Position that is read.</param>
    public double this[int layer, int destination, int source] => this[new FlowEdge(layer, null, destination, source)];

    /// <summary>One entry; by head without a head the residual path, which is 0 between different positions.</summary>
    /// <param name="edge">The edge.</param>
    public double this[FlowEdge edge]
    {
        get
        {
            if (Heads > 0 && edge.Head is null)
            {
                return edge.Destination == edge.Source ? _residual?[edge.Layer][edge.Destination] ?? 0 : 0;
            }

            ArgumentOutOfRangeException.ThrowIfGreaterThan(edge.Head ?? 0, Math.Max(0, Heads - 1), nameof(edge));
            return _layers[edge.Layer][((((edge.Head ?? 0) * Positions) + edge.Destination) * Positions) + edge.Source];
        }
    }

    /// <summary>
    /// Rollout (Abnar and Zuidema 2020): the product of the layers' maps from the input up to each layer, rows normalised. Maps
    /// without the residual path get half of it, (A + I) / 2; the others have it in them.
    /// </summary>
    /// <returns>Maps from every layer's output to the tokens of the input.</returns>
    /// <exception cref="InvalidInputException">Heads are told apart, or the maps are from the input already.</exception>
    public FlowMaps Rollout()
    {
        var rolled = new double[Layers][];
        for (int layer = 0; layer < Layers; layer++)
        {
            double[] mixing = Mixing(layer);
            rolled[layer] = layer == 0 ? mixing : Product(mixing, rolled[layer - 1], Positions);
        }

        return new FlowMaps(Measure, Positions, rolled);
    }

    /// <summary>A layer's map with the residual path, rows summing to 1.</summary>
    private double[] Mixing(int layer)
    {
        if (Heads > 0)
        {
            throw new InvalidInputException("rollout: expected maps of all heads together; what reaches a layer has come through all heads");
        }

        if (Measure == FlowMeasure.DecompX)
        {
            throw new InvalidInputException("rollout: decompx already tells what comes from tokens of the input; expected maps of single layers");
        }

        int n = Positions;
        bool residual = Measure is FlowMeasure.BlockNorm or FlowMeasure.Alti;
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

        return mixing;
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

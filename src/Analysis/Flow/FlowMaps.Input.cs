using Interp.Runtime;

namespace Interp.Analysis;

public sealed partial class FlowMaps
{
    /// <summary>Whether sources are tokens of the input, as after a rollout, and not positions of the layer below.</summary>
    public bool FromInput { get; internal init; }

    /// <summary>
    /// Rollout (Abnar and Zuidema 2020): the product of the layers' maps from the input up to each layer, rows normalised. Maps
    /// without the residual path get half of it, (A + I) / 2; the others have it in them.
    /// </summary>
    /// <returns>Maps from every layer's output to the tokens of the input.</returns>
    /// <exception cref="InvalidInputException">Heads are told apart, or the maps are from the input already.</exception>
    public FlowMaps Rollout()
    {
        RequireLayers("rollout");
        var rolled = new double[Layers][];
        for (int layer = 0; layer < Layers; layer++)
        {
            double[] mixing = Mixing(layer);
            rolled[layer] = layer == 0 ? mixing : Product(mixing, rolled[layer - 1], Positions);
        }

        return new FlowMaps(Measure, Positions, rolled) { FromInput = true };
    }

    /// <summary>
    /// Attention flow (Abnar and Zuidema 2020): the layers' maps, as <see cref="Rollout"/> takes them, are capacities of a network, and an
    /// entry is the largest flow from a layer's output at a position down to one token of the input.
    /// </summary>
    /// <param name="destinations">Positions that are asked for, negative from the end; rows of others are 0.</param>
    /// <param name="cancellation">Stops between flows.</param>
    /// <returns>Maps from every layer's output to the tokens of the input.</returns>
    /// <exception cref="InvalidInputException">
    /// Heads are told apart, the maps are from the input already, or a position is out of range.
    /// </exception>
    public FlowMaps AttentionFlow(IReadOnlyList<int> destinations, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(destinations);
        RequireLayers("attention flow");
        int n = Positions;
        int[] rows = [.. destinations.Select(p => Runtime.Positions.Resolve(p, n, "the prompt")).Distinct()];
        var network = new MaxFlow((Layers + 1) * n);
        var flows = new double[Layers][];
        for (int layer = 0; layer < Layers; layer++)
        {
            double[] mixing = Mixing(layer);
            for (int i = 0; i < mixing.Length; i++)
            {
                if (mixing[i] > 0)
                {
                    network.Add(((layer + 1) * n) + (i / n), (layer * n) + (i % n), mixing[i]);
                }
            }

            flows[layer] = new double[n * n];
            foreach (int row in rows)
            {
                for (int source = 0; source < n; source++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    flows[layer][(row * n) + source] = network.Between(((layer + 1) * n) + row, source);
                }
            }
        }

        return new FlowMaps(Measure, n, flows) { FromInput = true };
    }

    /// <summary>Entries of a position as shares of their sum; null where all are 0.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="destination">Position that reads.</param>
    internal double[]? Shares(int layer, int destination)
    {
        double[] row = _layers[layer][(destination * Positions)..((destination + 1) * Positions)];
        double sum = row.Sum();
        return sum == 0 ? null : [.. row.Select(x => x / sum)];
    }

    private void RequireLayers(string what)
    {
        if (Heads > 0)
        {
            throw new InvalidInputException($"{what}: expected maps of all heads together; what reaches a layer has come through all heads");
        }

        if (FromInput)
        {
            throw new InvalidInputException($"{what}: expected maps of single layers; these tell what comes from tokens of the input already");
        }
    }

    /// <summary>A layer's map with the residual path, rows summing to 1.</summary>
    private double[] Mixing(int layer)
    {
        int n = Positions;
        bool residual = Measure is FlowMeasure.BlockNorm or FlowMeasure.Alti;
        var mixing = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            double[]? shares = Shares(layer, i);
            for (int j = 0; j < n; j++)
            {
                double own = i == j ? 1 : 0;
                mixing[(i * n) + j] = shares is null ? own : residual ? shares[j] : (shares[j] + own) / 2;
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

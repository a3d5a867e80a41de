namespace Interp.Analysis;

/// <summary>
/// One map per layer, or per head, [destination, source], of one prompt. Maps of <see cref="FlowMeasure.Alti"/> have rows that sum to
/// 1, by head together with the residual path.
/// </summary>
public sealed partial class FlowMaps
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
}

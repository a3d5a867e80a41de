using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>One way of information: a layer's attention, or one of its heads, from a source to a destination.</summary>
/// <param name="Layer">0-based layer; of a window of layers the first.</param>
/// <param name="Head">0-based head; null = all heads together, or in maps by head the residual path.</param>
/// <param name="Destination">Position that reads.</param>
/// <param name="Source">Position that is read.</param>
public readonly record struct FlowEdge(int Layer, int? Head, int Destination, int Source)
{
    /// <summary>The edges into some positions that a layer's mask allows.</summary>
    /// <param name="model">The model.</param>
    /// <param name="positions">Length of the prompt.</param>
    /// <param name="layer">0-based layer.</param>
    /// <param name="destinations">Positions that read; negative counts from the end.</param>
    /// <param name="byHead">Whether heads are told apart.</param>
    /// <exception cref="InvalidInputException">A position is out of range.</exception>
    public static IEnumerable<FlowEdge> Into(
        TransformerModel model, int positions, int layer, IReadOnlyList<int> destinations, bool byHead = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(destinations);
        int?[] heads = byHead ? [.. Enumerable.Range(0, model.Config.NHeads).Select(h => (int?)h)] : [null];
        return
            from destination in destinations.Select(p => Positions.Resolve(p, positions, "the prompt")).Distinct()
            from head in heads
            from source in Enumerable.Range(0, model.Config.Causal ? destination + 1 : positions)
            where model.Config.Window(layer) is not { } window || Math.Abs(destination - source) < window
            select new FlowEdge(layer, head, destination, source);
    }
}

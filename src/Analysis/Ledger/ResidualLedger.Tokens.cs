using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Receives what came from one token of the input to a position's stream after a layer.</summary>
/// <param name="layer">0-based layer that the part has passed.</param>
/// <param name="position">Position whose stream it is part of.</param>
/// <param name="source">Position of the token; null for what biases wrote.</param>
/// <param name="part">[d_model]; read it before returning.</param>
public delegate void TokenPartHandler(int layer, int position, int? source, ReadOnlySpan<float> part);

public sealed partial class ResidualLedger
{
    // Rows of one matrix: enough for the products to be as fast as they get.
    private const int PartRows = 384;

    /// <summary>
    /// Every layer's output as a sum over tokens of the input (DecompX, Modarressi et al. 2023): each token's embedding passes through
    /// all maps, with norms at recorded scales, heads at recorded patterns and neurons at recorded gates; all biases are one part more. A
    /// few sources at a time are in memory, as [position, d_model] each. Needs <see cref="FlowNeeds"/>.
    /// </summary>
    /// <param name="handler">Receives the parts, sources in ascending order of which the biases are the first; layers ascending.</param>
    /// <param name="threads">Threads; 0 = one per core.</param>
    /// <param name="cancellation">Stops between layers.</param>
    /// <returns>Largest relative error of the parts' sum against a layer's recorded output.</returns>
    /// <exception cref="InvalidInputException">Interventions changed the run: what they did is no part of any token.</exception>
    public double PropagateTokens(TokenPartHandler handler, int threads = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (_cache.Changed.Count > 0)
        {
            throw new InvalidInputException("parts of tokens: expected a run without interventions");
        }

        ModelConfig config = _model.Config;
        int n = _cache.Positions, d = config.DModel;
        var sums = new double[config.NLayers][][];
        for (int layer = 0; layer < config.NLayers; layer++)
        {
            sums[layer] = [.. Enumerable.Range(0, n).Select(_ => new double[d])];
        }

        foreach (FrozenRows rows in FrozenRows.Split(n, config.Causal, PartRows))
        {
            var pass = new FrozenPass(_model, _cache, rows, threads > 0 ? threads : Environment.ProcessorCount);
            for (int layer = 0; layer < config.NLayers; layer++)
            {
                cancellation.ThrowIfCancellationRequested();
                pass.Block(layer);
                foreach (FrozenRows.Part part in rows.Parts)
                {
                    for (int i = 0; i < part.Count; i++)
                    {
                        ReadOnlySpan<float> vector = pass.Stream.AsSpan((part.Row + i) * d, d);
                        Dots.Add(vector, sums[layer][part.Position + i]);
                        handler(layer, part.Position + i, part.Source == FrozenRows.Biases ? null : part.Source, vector);
                    }
                }
            }
        }

        return Enumerable.Range(0, config.NLayers).Max(
            layer => Enumerable.Range(0, n).Max(p => RelativeError(sums[layer][p], _cache.Row(OutputOf(layer), p))));
    }

    private HookPoint OutputOf(int layer) => new(_plan.Output, layer);

    private FlowMaps TokenMaps(int threads, out double worst)
    {
        int n = _cache.Positions;
        double[][] layers = [.. Enumerable.Range(0, _model.Config.NLayers).Select(_ => new double[n * n])];
        worst = PropagateTokens(
            (layer, position, source, part) =>
            {
                if (source is { } token)
                {
                    layers[layer][(position * n) + token] = Dots.Norm(part);
                }
            },
            threads);
        return new FlowMaps(FlowMeasure.DecompX, n, layers) { FromInput = true };
    }
}

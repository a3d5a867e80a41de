using Interp.Hooks;

namespace Interp.Onnx;

/// <summary>A value of a graph that is a hook point of the model, or columns of one.</summary>
/// <param name="Point">The hook point.</param>
/// <param name="Value">Name of the value in the graph.</param>
/// <param name="Columns">Which columns of the value's last axis, in the point's order; null = all.</param>
public sealed record OnnxHookValue(HookPoint Point, string Value, IReadOnlyList<int>? Columns = null)
{
    /// <summary>The point's numbers, row-major, out of a run of the graph on one sequence.</summary>
    /// <param name="value">The value.</param>
    public float[] Take(TensorValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return Columns is null ? value.Values : [.. value.Values.Chunk(value.Shape[^1]).SelectMany(row => Columns.Select(c => row[c]))];
    }
}

/// <summary>
/// Finds the hook points of a model in an ONNX graph of it: by name where Interp wrote the graph, else by what each part of
/// the graph does.
/// </summary>
public static class OnnxHookValues
{
    /// <summary>The values that could be matched, in no order; the logits are not among them.</summary>
    /// <param name="path">The graph.</param>
    /// <param name="model">The model.</param>
    /// <exception cref="InvalidInputException">The file cannot be read, or its graph is no transformer.</exception>
    public static IReadOnlyList<OnnxHookValue> Find(string path, TransformerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        using OnnxModel graph = OnnxModel.Open(path);
        OnnxHookValue[] named = [.. model.Hooks.AllPoints
            .Select(p => new OnnxHookValue(p, model.Hooks.Name(p)))
            .Where(v => graph.Stream.Graph.Producer(v.Value) is not null)];
        return named.Length > 0 ? named : [.. new Finder(graph, model).All().DistinctBy(v => v.Point)];
    }

    private sealed class Finder(OnnxModel graph, TransformerModel model)
    {
        private readonly ModelConfig _config = model.Config;
        private readonly BlockStructure _structure = graph.Structure;

        public IEnumerable<OnnxHookValue> All()
        {
            IEnumerable<OnnxHookValue?> values = Outside().Concat(Enumerable.Range(0, _config.NLayers).SelectMany(Block));
            return values.OfType<OnnxHookValue>()
                .Where(v => model.Hooks.Contains(v.Point) && graph.Stream.Graph.Producer(v.Value) is not null);
        }

        private IEnumerable<OnnxHookValue?> Outside()
        {
            // A scaled embedding is another value of the graph than the rows of its table.
            yield return _config.EmbedScale == 1 ? Output(Role.TokenEmbedding, 0, HookKind.Embed, -1) : null;
            yield return Output(Role.PositionEmbedding, 0, HookKind.PosEmbed, -1);
            yield return Output(Role.EmbedNorm, 0, HookKind.FullEmbed, -1);
            yield return Output(Role.HeadDense, 0, HookKind.MlmPre, -1);
            yield return _structure.Headless
                ? new OnnxHookValue(Hook.UnembedIn, graph.Stream.Logits)
                : Input(Role.Unembed, 0, HookKind.UnembedIn, -1);
            yield return Input(Role.FinalNorm, 0, HookKind.ResidPost, _config.NLayers - 1);
        }

        private IEnumerable<OnnxHookValue?> Block(int layer)
        {
            yield return Output(Role.Query, layer, HookKind.Q, layer) ?? Columns(Role.Query, layer, HookKind.Q);
            yield return Output(Role.Key, layer, HookKind.K, layer) ?? Columns(Role.Key, layer, HookKind.K);
            yield return Output(Role.Value, layer, HookKind.V, layer) ?? Columns(Role.Value, layer, HookKind.V);
            yield return Pattern(layer);
            yield return Input(Role.AttentionOutput, layer, HookKind.Z, layer);
            yield return Output(Role.AttentionWriteNorm, layer, HookKind.AttnOut, layer)
                ?? Output(Role.AttentionOutput, layer, HookKind.AttnOut, layer);
            yield return Output(Role.FeedForwardIn, layer, HookKind.Pre, layer);
            yield return Output(Role.FeedForwardLinear, layer, HookKind.PreLinear, layer);
            yield return Input(Role.FeedForwardOut, layer, HookKind.Post, layer);
            yield return Output(Role.FeedForwardWriteNorm, layer, HookKind.MlpOut, layer)
                ?? Output(Role.FeedForwardOut, layer, HookKind.MlpOut, layer);
            yield return Stream(Role.Norm1, BlockNorm.First, layer);
            yield return Stream(Role.Norm2, BlockNorm.Second, layer);
            yield return Output(Role.Norm2, layer, HookKind.NormalizedResidPost, layer);
        }

        private OnnxHookValue? Output(Role role, int siteLayer, HookKind kind, int layer) =>
            _structure.Find(role, siteLayer) is { Site: not LinearSite { GivesMap: false } } part
                ? new OnnxHookValue(
                    new HookPoint(kind, layer), part.Site.Output, part.Count == 0 ? null : [.. Enumerable.Range(part.Start, part.Count)])
                : null;

        // Queries, keys and values out of one map that the graph splits head by head.
        private OnnxHookValue? Columns(Role role, int layer, HookKind kind) =>
            _structure.Find(Role.QueryKeyValue, layer) is { Site: LinearSite { GivesMap: true } whole }
            && FamilyLayout.For(_config)?.Modules.FirstOrDefault(m => m.Role == Role.QueryKeyValue) is { } module
            && whole.Outputs == (_config.NHeads + (2 * _config.NKeyValueHeads)) * _config.DHead
                ? new OnnxHookValue(new HookPoint(kind, layer), whole.Output, module.Order.Columns(_config, role))
                : null;

        private OnnxHookValue? Input(Role role, int siteLayer, HookKind kind, int layer) =>
            _structure.Find(role, siteLayer) is { Site.Inputs: [string input] }
                ? new OnnxHookValue(new HookPoint(kind, layer), input)
                : null;

        // What a norm reads.
        private OnnxHookValue? Stream(Role role, BlockNorm norm, int layer) =>
            BlockPlan.Of(_config).StreamBefore(norm) is { } shown ? Input(role, layer, shown, layer) : null;

        // The attention cores are the layers; where one is written out, its softmax gives the pattern.
        private OnnxHookValue? Pattern(int layer) =>
            graph.Stream.Of<AttentionSite>().ElementAtOrDefault(layer) is { Scores.Length: > 0, Node: { } softmax }
                ? new OnnxHookValue(Hook.Pattern(layer), softmax.Output)
                : null;
    }
}

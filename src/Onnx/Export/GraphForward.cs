using Interp.Hooks;

namespace Interp.Onnx.Export;

/// <summary>
/// The forward pass as an ONNX graph: the blocks' plan in operators. Every hook point is a value under
/// its canonical name, [batch, axes of the point], after the interventions that are baked in.
/// </summary>
internal sealed partial class GraphForward
{
    private readonly GraphBuilder _graph;
    private readonly ModelConfig _config;
    private readonly ModelWeights _weights;
    private readonly HookMap _map;
    private readonly GraphPositions _positions;
    private readonly GraphInterventions _interventions;
    private readonly IReadOnlySet<HookPoint> _outputs;
    private readonly string _tokens;
    private string? _shortformer;
    private string? _alibi;

    /// <summary>Begins a graph.</summary>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="model">The model.</param>
    /// <param name="interventions">What is baked in.</param>
    /// <param name="outputs">Points that somebody will read: those that cost something exist only then.</param>
    public GraphForward(
        GraphBuilder graph, TransformerModel model, IReadOnlyList<Intervention> interventions,
        IReadOnlySet<HookPoint> outputs)
    {
        _outputs = outputs;
        _graph = graph;
        _config = model.Config;
        _weights = model.Weights;
        _map = model.Hooks;
        _tokens = graph.Input("input_ids", "batch", "sequence");
        string mask = graph.Input("attention_mask", "batch", "sequence");
        _positions = new GraphPositions(graph, _config, _tokens, mask);
        _interventions = new GraphInterventions(graph, _positions, model, interventions);
    }

    /// <summary>Appends the whole pass.</summary>
    /// <returns>The logits, [batch, S, d_vocab].</returns>
    public string Write()
    {
        string stream = Embed();
        for (int layer = 0; layer < _config.NLayers; layer++)
        {
            stream = Block(layer, stream);
        }

        return Unembed(stream);
    }

    private string Embed()
    {
        int d = _config.DModel;
        string table = _graph.Weight("embed.W_E", _weights.TokenEmbedding.ToArray(), _config.DVocab, d);
        string rows = _graph.Gather(table, _tokens);
        rows = _config.EmbedScale == 1 ? rows : _graph.Multiply(rows, _graph.Scalar(_config.EmbedScale));
        string stream = Fire(HookKind.Embed, -1, rows);
        if (_config.Positions == PositionKind.Learned)
        {
            stream = _graph.Add(stream, PositionRows());
        }

        if (_config.TokenTypes > 0)
        {
            string types = _graph.Weight("embed.W_token_type", _weights.TokenTypeEmbedding, _config.TokenTypes, d);
            string given = _graph.Input("token_type_ids", "batch", "sequence");
            stream = _graph.Add(stream, Fire(HookKind.TokenTypeEmbed, -1, _graph.Gather(types, given)));
        }

        if (_weights.EmbedNorm is { } norm)
        {
            stream = Norm(stream, norm, "embed.ln", HookKind.EmbedNormScale, HookKind.EmbedNormNormalized, -1);
            stream = Fire(HookKind.FullEmbed, -1, stream);
        }

        return stream;
    }

    private string PositionRows()
    {
        float[] table = _weights.PositionEmbedding;
        string rows = _graph.Weight("pos_embed.W_pos", table, table.Length / _config.DModel, _config.DModel);
        return Fire(HookKind.PosEmbed, -1, _graph.Gather(rows, _positions.Ids));
    }

    private string Block(int layer, string stream)
    {
        BlockWeights block = _weights.Blocks[layer];
        string name = $"blocks.{layer}";
        var values = new Dictionary<BlockSlot, string> { [BlockSlot.Stream] = stream };
        GraphHeads heads = default;
        foreach (BlockStep step in BlockPlan.Of(_config).Steps)
        {
            string from = values.GetValueOrDefault(step.From, "");
            switch (step.Operation)
            {
                case BlockOperation.Offer when step.From == BlockSlot.Heads:
                    heads = OfferHeads(layer, heads);
                    break;
                case BlockOperation.Offer:
                    values[step.To] = Fire(step.Points[0], layer, from);
                    break;
                case BlockOperation.Copy or BlockOperation.Normalize:
                    string input = step.Inputs is [HookKind.MlpIn] ? Fire(HookKind.MlpIn, layer, from) : from;
                    values[step.To] = step.Operation == BlockOperation.Copy
                        ? input
                        : Norm(input, block.Norm(step.Norm!.Value)!, $"{name}.{NormName(step.Norm.Value)}", step.Points[0], step.Points[1], layer);
                    break;
                case BlockOperation.Project:
                    heads = Project(name + ".attn", block.Attention, from);
                    break;
                case BlockOperation.NormalizeHeads:
                    heads = NormalizeHeads(layer, block.Attention, heads);
                    break;
                case BlockOperation.Rotate:
                    heads = Rotate(layer, heads);
                    break;
                case BlockOperation.StoreKeys:
                    break;
                case BlockOperation.Attend:
                    values[step.To] = Attend(layer, heads);
                    break;
                case BlockOperation.WriteAttention:
                    values[step.To] = Output(layer, name + ".attn", block.Attention.Output, from);
                    break;
                case BlockOperation.FeedForward:
                    values[step.To] = block.Mixture is { } mixture ? Mixture(layer, mixture, from) : Dense(layer, block.FeedForward!, from);
                    break;
                case BlockOperation.Add:
                    values[step.To] = _graph.Add(values[step.To], from);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(layer), step.Operation, "a step that ONNX export does not know");
            }
        }

        return values[BlockSlot.Stream];
    }

    private static string NormName(BlockNorm norm) => norm switch
    {
        BlockNorm.First => "ln1",
        BlockNorm.Second => "ln2",
        BlockNorm.AfterAttention => "ln1_post",
        _ => "ln2_post",
    };

    private string Unembed(string stream)
    {
        if (_config.MlmHead && _weights.MlmHead is { } head)
        {
            string pre = Fire(HookKind.MlmPre, -1, Map(stream, head.Dense, "mlm_head.W", "mlm_head.b"));
            stream = Norm(Activate(pre), head.Norm, "mlm_head.ln", HookKind.MlmScale, HookKind.MlmNormalized, -1);
        }
        else if (_config.FinalNorm)
        {
            stream = Norm(stream, _weights.FinalNorm, "ln_final", HookKind.FinalScale, HookKind.FinalNormalized, -1);
        }

        stream = Fire(HookKind.UnembedIn, -1, stream);
        string logits = Fire(HookKind.UnembedOut, -1, Map(stream, _weights.Unembed, "unembed.W_U", "unembed.b_U"));
        return SoftCap(logits, _config.LogitSoftCap);
    }

    /// <summary>The norm of all places; the scale and the values before gain and bias are hook points.</summary>
    private string Norm(string x, NormWeights? norm, string name, HookKind scaleKind, HookKind normalizedKind, int layer)
    {
        if (norm is null || _config.Norm == NormKind.None)
        {
            return x;
        }

        (string centred, string scale) = Statistics(x);
        string y = Fire(normalizedKind, layer, _graph.Divide(centred, Fire(scaleKind, layer, scale)));
        return GainBias(y, norm, name, _config.DModel);
    }

    /// <summary>The values without their mean, where the norm takes it off, and the scale, over the last axis.</summary>
    private (string Centred, string Scale) Statistics(string x)
    {
        string centred = _config.Norm == NormKind.Rms ? x : _graph.Subtract(x, _graph.Mean(x));
        string variance = _graph.Mean(_graph.Multiply(centred, centred));
        return (centred, _graph.Node("Sqrt", [_graph.Add(variance, _graph.Scalar(_config.NormEpsilon))]));
    }

    private string GainBias(string y, NormWeights norm, string name, params int[] shape)
    {
        y = norm.Gain.Length == 0 ? y : _graph.Multiply(y, _graph.Weight(name + ".w", norm.Gain, shape));
        return norm.Bias.Length == 0 ? y : _graph.Add(y, _graph.Weight(name + ".b", norm.Bias, shape));
    }

    /// <summary>c tanh(x / c), or x where there is no cap.</summary>
    private string SoftCap(string x, float? cap) => cap is { } c
        ? _graph.Multiply(_graph.Node("Tanh", [_graph.Divide(x, _graph.Scalar(c))]), _graph.Scalar(c))
        : x;

    private string Map(string x, Linear map, string weight, string bias)
    {
        var values = new float[(long)map.Inputs * map.Outputs];
        for (int i = 0; i < map.Inputs; i++)
        {
            map.CopyInput(i, values.AsSpan(i * map.Outputs, map.Outputs));
        }

        string y = _graph.Product(x, _graph.Weight(weight, values, map.Inputs, map.Outputs));
        return map.Bias.IsEmpty ? y : _graph.Add(y, _graph.Weight(bias, map.Bias, map.Outputs));
    }

    private string Activate(string x) => _config.Activation switch
    {
        ActivationFunction.Relu => _graph.Node("Relu", [x]),
        ActivationFunction.ReluSquared => Square(_graph.Node("Relu", [x])),
        ActivationFunction.Silu => _graph.Multiply(x, _graph.Node("Sigmoid", [x])),
        ActivationFunction.GeluExact => Gelu(x, _graph.Node("Erf", [_graph.Multiply(x, _graph.Scalar(float.Sqrt(0.5f)))])),
        ActivationFunction.GeluTanh => Gelu(x, _graph.Node("Tanh", [_graph.Multiply(
            _graph.Add(x, _graph.Multiply(_graph.Scalar(0.044715f), _graph.Multiply(x, Square(x)))),
            _graph.Scalar((float)Math.Sqrt(2 / Math.PI)))])),
        _ => throw new InvalidInputException($"activation {_config.Activation}: cannot be exported"),
    };

    private string Square(string x) => _graph.Multiply(x, x);

    private string Gelu(string x, string curve) =>
        _graph.Multiply(_graph.Multiply(x, _graph.Scalar(0.5f)), _graph.Add(curve, _graph.Scalar(1)));

    /// <summary>Applies the interventions of a point and names the value after it.</summary>
    private string Fire(HookKind kind, int layer, string value)
    {
        var point = new HookPoint(kind, layer);
        return _graph.Rename(_interventions.Apply(point, value), _map.Name(point));
    }
}

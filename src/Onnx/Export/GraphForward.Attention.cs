using Interp.Hooks;

namespace Interp.Onnx.Export;

internal sealed partial class GraphForward
{
    /// <summary>Queries, keys and values, each [batch, S, head, d_head].</summary>
    private readonly record struct GraphHeads(string Q, string K, string V);

    private GraphHeads Project(string name, AttentionWeights weights, string normed)
    {
        string positioned = _config.Positions == PositionKind.Shortformer
            ? _graph.Add(normed, _shortformer ??= PositionRows())
            : normed;
        return new GraphHeads(
            Heads(positioned, weights.Query, _config.NHeads, "Q"), Heads(positioned, weights.Key, _config.NKeyValueHeads, "K"),
            Heads(normed, weights.Value, _config.NKeyValueHeads, "V"));

        string Heads(string x, Linear map, int heads, string letter) =>
            _graph.Reshape(Map(x, map, $"{name}.W_{letter}", $"{name}.b_{letter}"), 0, 0, heads, _config.DHead);
    }

    private GraphHeads OfferHeads(int layer, GraphHeads heads) =>
        new(Fire(HookKind.Q, layer, heads.Q), Fire(HookKind.K, layer, heads.K), Fire(HookKind.V, layer, heads.V));

    private GraphHeads NormalizeHeads(int layer, AttentionWeights weights, GraphHeads heads)
    {
        string name = $"blocks.{layer}.attn";
        return heads with
        {
            Q = NormOfHeads(heads.Q, weights.QueryNorm!, _config.NHeads, name + ".q_norm", HookKind.QNormScale, HookKind.QNormNormalized, layer),
            K = NormOfHeads(
                heads.K, weights.KeyNorm!, _config.NKeyValueHeads, name + ".k_norm", HookKind.KNormScale, HookKind.KNormNormalized, layer),
        };
    }

    private GraphHeads Rotate(int layer, GraphHeads heads) => heads with
    {
        Q = Fire(HookKind.RotQ, layer, Rotate(heads.Q, _config.Rotary!)),
        K = Fire(HookKind.RotK, layer, Rotate(heads.K, _config.Rotary!)),
    };

    private string Attend(int layer, GraphHeads heads)
    {
        string pattern = Pattern(layer, _graph.Transpose(heads.Q, 0, 2, 1, 3), ForEachHead(_graph.Transpose(heads.K, 0, 2, 3, 1)));
        string mixed = _graph.Product(pattern, ForEachHead(_graph.Transpose(heads.V, 0, 2, 1, 3)));
        return _graph.Transpose(mixed, 0, 2, 1, 3);
    }

    /// <summary>The norm of queries or keys, [batch, S, head, d_head]; every head has a scale, equal where one norm spans all.</summary>
    private string NormOfHeads(
        string x, NormWeights norm, int heads, string name, HookKind scaleKind, HookKind normalizedKind, int layer)
    {
        string centred, scale;
        if (_config.QkNorm == QkNorm.WholeProjection)
        {
            (string whole, string one) = Statistics(_graph.Reshape(x, 0, 0, heads * _config.DHead));
            centred = _graph.Reshape(whole, 0, 0, heads, _config.DHead);
            string shape = _graph.Node("Shape", [_graph.Mean(x)]);
            scale = _graph.Node("Expand", [_graph.Unsqueeze(one, 3), shape]);
        }
        else
        {
            (centred, scale) = Statistics(x);
        }

        string y = Fire(normalizedKind, layer, _graph.Divide(centred, Fire(scaleKind, layer, scale)));
        bool shared = Math.Max(norm.Gain.Length, norm.Bias.Length) == _config.DHead;
        return GainBias(y, norm, name, shared ? [_config.DHead] : [heads, _config.DHead]);
    }

    private string Pattern(int layer, string q, string keys)
    {
        string scores = SoftCap(
            _graph.Multiply(_graph.Product(q, keys), _graph.Scalar(_config.ScoreScale(layer))), _config.ScoreSoftCap);
        if (_config.Positions == PositionKind.Alibi)
        {
            scores = _graph.Add(scores, _alibi ??= _positions.AlibiBias(_config.ScoreScale(layer)));
        }

        string masked = _graph.Where(_positions.Visible(layer), scores, _graph.Scalar(float.NegativeInfinity));
        string pattern = _graph.Node("Softmax", [Fire(HookKind.AttnScores, layer, masked)], ("axis", -1L));
        if (_interventions.Targets(Hook.AttnScores(layer)))
        {
            // A destination whose last source was knocked out attends to nothing.
            pattern = _graph.Where(_graph.Node("IsNaN", [pattern]), _graph.Scalar(0), pattern);
        }

        return Fire(HookKind.Pattern, layer, pattern);
    }

    /// <summary>Keys or values, [batch, key-value head, ...], once for each head that shares them.</summary>
    private string ForEachHead(string shared)
    {
        int each = _config.NHeads / _config.NKeyValueHeads;
        return each == 1
            ? shared
            : _graph.Gather(shared, _graph.Integers([.. Enumerable.Range(0, _config.NHeads).Select(h => (long)(h / each))]), 1);
    }

    /// <summary>Rotates the first Dim dimensions of every head, [batch, S, head, d_head].</summary>
    private string Rotate(string x, RotaryConfig rotary)
    {
        int half = rotary.Dim / 2;
        (string first, string second) = rotary.AdjacentPairs
            ? (Slice(0, rotary.Dim, 2), Slice(1, rotary.Dim, 2))
            : (Slice(0, half, 1), Slice(half, rotary.Dim, 1));
        string left = _graph.Subtract(_graph.Multiply(first, _positions.Cos), _graph.Multiply(second, _positions.Sin));
        string right = _graph.Add(_graph.Multiply(second, _positions.Cos), _graph.Multiply(first, _positions.Sin));
        string rotated = rotary.AdjacentPairs
            ? _graph.Reshape(
                _graph.Node("Concat", [_graph.Unsqueeze(left, 4), _graph.Unsqueeze(right, 4)], ("axis", 4L)),
                0, 0, 0, rotary.Dim)
            : _graph.Node("Concat", [left, right], ("axis", -1L));
        return rotary.Dim == _config.DHead
            ? rotated
            : _graph.Node("Concat", [rotated, Slice(rotary.Dim, _config.DHead, 1)], ("axis", -1L));

        string Slice(long begin, long end, long step) => _graph.Node(
            "Slice",
            [x, _graph.Integers(begin), _graph.Integers(end), _graph.Integers(-1), _graph.Integers(step)]);
    }

    /// <summary>
    /// z W_O + b_O as the sum of what each head writes. The writes themselves, [batch, S, head, d_model], are a value that
    /// exists only in a run that asks for it or changes it.
    /// </summary>
    private string Output(int layer, string name, Linear output, string z)
    {
        int heads = _config.NHeads, d = _config.DModel;
        var values = new float[(long)output.Inputs * d];
        for (int i = 0; i < output.Inputs; i++)
        {
            output.CopyInput(i, values.AsSpan(i * d, d));
        }

        string write;
        if (_interventions.Targets(Hook.Result(layer)) || _outputs.Contains(Hook.Result(layer)))
        {
            string byHead = _graph.Weight(name + ".W_O", values, heads, _config.DHead, d);
            string each = _graph.Transpose(_graph.Product(_graph.Transpose(z, 0, 2, 1, 3), byHead), 0, 2, 1, 3);
            string result = Fire(HookKind.Result, layer, each);
            write = _graph.Node("ReduceSum", [result, _graph.Integers(2)], ("keepdims", 0L));
        }
        else
        {
            write = _graph.Product(_graph.Reshape(z, 0, 0, output.Inputs), _graph.Weight(name + ".W_O", values, output.Inputs, d));
        }

        return output.Bias.IsEmpty ? write : _graph.Add(write, _graph.Weight(name + ".b_O", output.Bias, d));
    }
}

using Interp.Hooks;

namespace Interp.Runtime.Onnx.Export;

internal sealed partial class GraphForward
{
    /// <summary>One attention layer; <paramref name="normed"/> is what its heads read.</summary>
    private string Attention(int layer, BlockWeights block, string normed)
    {
        AttentionWeights weights = block.Attention;
        string name = $"blocks.{layer}.attn";
        string positioned = _config.Positions == PositionKind.Shortformer
            ? _graph.Add(normed, _shortformer ??= PositionRows())
            : normed;
        string q = Heads(HookKind.Q, positioned, weights.Query, _config.NHeads, "Q");
        string k = Heads(HookKind.K, positioned, weights.Key, _config.NKeyValueHeads, "K");
        string v = Heads(HookKind.V, normed, weights.Value, _config.NKeyValueHeads, "V");
        q = NormOfHeads(q, weights.QueryNorm, _config.NHeads, name + ".q_norm", HookKind.QNormScale, HookKind.QNormNormalized, layer);
        k = NormOfHeads(
            k, weights.KeyNorm, _config.NKeyValueHeads, name + ".k_norm", HookKind.KNormScale, HookKind.KNormNormalized, layer);
        if (_config.Rotary is { } rotary)
        {
            q = Fire(HookKind.RotQ, layer, Rotate(q, rotary));
            k = Fire(HookKind.RotK, layer, Rotate(k, rotary));
        }

        string pattern = Pattern(layer, _graph.Transpose(q, 0, 2, 1, 3), ForEachHead(_graph.Transpose(k, 0, 2, 3, 1)));
        string mixed = _graph.Product(pattern, ForEachHead(_graph.Transpose(v, 0, 2, 1, 3)));
        string z = Fire(HookKind.Z, layer, _graph.Transpose(mixed, 0, 2, 1, 3));
        return Output(layer, name, weights.Output, z);

        string Heads(HookKind kind, string x, Linear map, int heads, string letter) => Fire(
            kind, layer, _graph.Reshape(Map(x, map, $"{name}.W_{letter}", $"{name}.b_{letter}"), 0, 0, heads, _config.DHead));
    }

    /// <summary>The norm of queries or keys, [batch, S, head, d_head]; every head has a scale, equal where one norm spans all.</summary>
    private string NormOfHeads(
        string x, NormWeights? norm, int heads, string name, HookKind scaleKind, HookKind normalizedKind, int layer)
    {
        if (norm is null)
        {
            return x;
        }

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

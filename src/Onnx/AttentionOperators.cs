namespace Interp.Onnx;

/// <summary>The attributes of operators that do all of attention, or turn its heads, must be what the configuration says.</summary>
internal static class AttentionOperators
{
    private const double Tolerance = 1e-4;

    /// <summary>Compares the operator of an attention core, and the rotations of the graph.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="core">The core.</param>
    /// <param name="layer">Its layer.</param>
    /// <param name="config">The configuration.</param>
    public static void Check(Stream stream, AttentionSite core, int layer, ModelConfig config)
    {
        foreach (OnnxNode rotary in stream.Nodes.Where(n => layer == 0 && n.Op == "RotaryEmbedding"))
        {
            Rotates(rotary, rotary.Int("interleaved", 0), config, stream);
            long dim = rotary.Int("rotary_embedding_dim", 0);
            Require(stream, rotary, "rotary_embedding_dim", dim == 0 ? config.Rotary!.Dim : dim, config.Rotary!.Dim);
            Require(stream, rotary, "scale", rotary.Float("scale", 1), 1);
        }

        OnnxNode node = core.Node;
        if (core.Scores.Length > 0)
        {
            return;
        }

        float scale = node.Float("scale", 0);
        Require(stream, node, "scale", scale == 0 ? 1 / Math.Sqrt(config.DHead) : scale, config.ScoreScale(layer));
        Require(stream, node, "num_heads", node.Int("num_heads", config.NHeads), config.NHeads);
        Require(stream, node, "kv_num_heads", node.Int("kv_num_heads", config.NKeyValueHeads), config.NKeyValueHeads);
        Require(stream, node, "softcap", node.Float("softcap", 0), config.ScoreSoftCap ?? 0);
        bool causal = node.Op == "GroupQueryAttention" || node.Int("unidirectional", 0) == 1;
        int bias = node.Op == "GroupQueryAttention" ? 10 : 5;
        if (causal != config.Causal && (causal || node.Input(bias).Length == 0))
        {
            throw new InvalidInputException($"{stream.Graph.File.Path}: {node.Label}: its attention is {(causal ? "causal" : "not causal")}, "
                + $"the configuration's {(config.Causal ? "causal" : "bidirectional")}; expected the same");
        }

        if (node.Float("mask_filter_value", -10000) is var fill && !(fill <= MaskCheck.LargestFill))
        {
            throw new InvalidInputException($"{stream.Graph.File.Path}: {node.Label}: mask_filter_value: the mask puts {fill} where attention may not look; "
                + $"expected {MaskCheck.LargestFill} or less");
        }

        if (node.Op == "GroupQueryAttention")
        {
            long window = node.Int("local_window_size", -1);
            Require(stream, node, "local_window_size", window, config.Window(layer) ?? -1);
            if (node.Int("do_rotary", 0) == 1)
            {
                Rotates(node, node.Int("rotary_interleaved", 0), config, stream);
            }
        }
        else if (config.Window(layer) is { } window && node.Input(bias).Length == 0)
        {
            throw new InvalidInputException($"{stream.Graph.File.Path}: {node.Label}: expected a window of {window} positions as the configuration "
                + "says, found an operator without one");
        }
    }

    private static void Rotates(OnnxNode node, long adjacent, ModelConfig config, Stream stream)
    {
        if (config.Rotary is not { } rotary)
        {
            throw new InvalidInputException($"{stream.Graph.File.Path}: {node.Label}: it turns heads by their positions, which the configuration does not");
        }

        Require(stream, node, "interleaved", adjacent, rotary.AdjacentPairs ? 1 : 0);
    }

    private static void Require(Stream stream, OnnxNode node, string attribute, double found, double expected)
    {
        if (!(Math.Abs(found - expected) <= Tolerance * Math.Max(1e-3, Math.Abs(expected))))
        {
            throw new InvalidInputException(
                $"{stream.Graph.File.Path}: {node.Label}: {attribute}: expected {expected:G6}, as the configuration says, found {found:G6}");
        }
    }
}

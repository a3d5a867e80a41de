using Interp.Runtime.Machine;
using Interp.Runtime.Weights;

namespace Interp.Onnx;

/// <summary>
/// The operators that a stream may consist of, each with the attributes that are read, compared, or harmless. Any other could change
/// what the graph computes, and is refused by name.
/// </summary>
internal static class OperatorTable
{
    private const string Microsoft = "com.microsoft";

    private static readonly string[] Quantized =
        ["Quantize", "Dequantize", "QLinear", "QGemm", "QAttention", "QEmbed", "QOrdered", "DynamicQuantize", "MatMulInteger", "ConvInteger", "MatMulNBits", "MatMulBnb4", "GatherBlockQuantized"];

    private static readonly Dictionary<string, string[]> Known = new(StringComparer.Ordinal)
    {
        ["Add"] = [],
        ["Sub"] = [],
        ["Mul"] = [],
        ["Div"] = [],
        ["Pow"] = [],
        ["Sqrt"] = [],
        ["Neg"] = [],
        ["Abs"] = [],
        ["Exp"] = [],
        ["Log"] = [],
        ["Reciprocal"] = [],
        ["Min"] = [],
        ["Max"] = [],
        ["Clip"] = ["min", "max"],
        ["Where"] = [],
        ["Identity"] = [],
        ["Expand"] = [],
        ["Tile"] = [],
        ["Equal"] = [],
        ["And"] = [],
        ["Or"] = [],
        ["Not"] = [],
        ["IsNaN"] = [],
        ["NonZero"] = [],
        ["Greater"] = [],
        ["Less"] = [],
        ["GreaterOrEqual"] = [],
        ["LessOrEqual"] = [],
        ["Range"] = [],
        ["Size"] = [],
        ["Cast"] = ["to", "saturate", "round_mode"],
        ["CastLike"] = ["saturate", "round_mode"],
        ["Dropout"] = ["ratio", "seed"],
        ["Reshape"] = ["allowzero"],
        ["Flatten"] = ["axis"],
        ["Squeeze"] = ["axes"],
        ["Unsqueeze"] = ["axes"],
        ["Transpose"] = ["perm"],
        ["Concat"] = ["axis"],
        ["Split"] = ["axis", "split", "num_outputs"],
        ["Slice"] = ["axes", "starts", "ends"],
        ["Gather"] = ["axis"],
        ["GatherElements"] = ["axis"],
        ["GatherND"] = ["batch_dims"],
        ["Scatter"] = ["axis"],
        ["ScatterElements"] = ["axis", "reduction"],
        ["ScatterND"] = ["reduction"],
        ["OneHot"] = ["axis"],
        ["TopK"] = ["axis", "largest", "sorted"],
        ["ReduceMean"] = ["axes", "keepdims", "noop_with_empty_axes"],
        ["ReduceSum"] = ["axes", "keepdims", "noop_with_empty_axes"],
        ["ReduceL2"] = ["axes", "keepdims", "noop_with_empty_axes"],
        ["LpNormalization"] = ["axis", "p"],
        ["ReduceMax"] = ["axes", "keepdims", "noop_with_empty_axes"],
        ["MatMul"] = [],
        ["Gemm"] = ["alpha", "beta", "transA", "transB"],
        [Microsoft + ":FusedMatMul"] = ["alpha", "transA", "transB", "transBatchA", "transBatchB"],
        [Microsoft + ":FusedGemm"] = ["alpha", "beta", "transA", "transB", "activation", "activation_alpha"],
        ["Softmax"] = ["axis"],
        ["Tanh"] = [],
        ["Erf"] = [],
        ["Sigmoid"] = [],
        ["Relu"] = [],
        ["Softplus"] = [],
        ["Mish"] = [],
        ["LeakyRelu"] = ["alpha"],
        ["Elu"] = ["alpha"],
        ["HardSigmoid"] = ["alpha", "beta"],
        ["Gelu"] = ["approximate"],
        ["Swish"] = ["alpha"],
        [Microsoft + ":Gelu"] = [],
        [Microsoft + ":BiasGelu"] = [],
        [Microsoft + ":FastGelu"] = [],
        [Microsoft + ":QuickGelu"] = ["alpha"],
        ["LayerNormalization"] = ["axis", "epsilon", "stash_type"],
        ["RMSNormalization"] = ["axis", "epsilon", "stash_type"],
        ["SimplifiedLayerNormalization"] = ["axis", "epsilon", "stash_type"],
        [Microsoft + ":SkipLayerNormalization"] = ["epsilon"],
        [Microsoft + ":SkipSimplifiedLayerNormalization"] = ["epsilon"],
        [Microsoft + ":EmbedLayerNormalization"] = ["epsilon", "mask_index_type"],
        [Microsoft + ":RotaryEmbedding"] = ["interleaved", "num_heads", "rotary_embedding_dim", "scale", "is_packed_batching"],
        [Microsoft + ":Attention"] = ["num_heads", "unidirectional", "qkv_hidden_sizes", "mask_filter_value", "scale", "past_present_share_buffer"],
        [Microsoft + ":MultiHeadAttention"] = ["num_heads", "unidirectional", "mask_filter_value", "scale"],
        [Microsoft + ":GroupQueryAttention"] =
            ["num_heads", "kv_num_heads", "scale", "softcap", "local_window_size", "do_rotary", "rotary_interleaved", "smooth_softmax"],
    };

    /// <summary>Refuses operators and attributes that are not known, and axes that are not those of the model.</summary>
    /// <param name="stream">The stream.</param>
    public static void Check(Stream stream)
    {
        long opset = stream.Graph.File.Model.OpsetImport.FirstOrDefault(o => o.Domain is "" or "ai.onnx")?.Version ?? 0;
        foreach (OnnxNode node in stream.Graph.Nodes)
        {
            if (Array.Exists(Quantized, q => node.Op.StartsWith(q, StringComparison.Ordinal)))
            {
                throw Error(stream, $"{node.Label}: quantised operators are not read; expected a graph in float32, float16 or bfloat16");
            }
        }

        foreach (OnnxNode node in stream.Nodes)
        {
            string op = node.Domain.Length == 0 ? node.Op : $"{node.Domain}:{node.Op}";
            string[] attributes = Known.GetValueOrDefault(op) ?? throw Error(
                stream, $"{node.Label}: the operator {OneLine.Quote(op)} is not known in the stream of a model, so nothing is assumed of it");
            foreach (Format.AttributeProto attribute in node.Attributes.Where(a => !attributes.Contains(a.Name, StringComparer.Ordinal)))
            {
                throw Error(stream, $"{node.Label}: the attribute {OneLine.Quote(attribute.Name)} is not known, and could change what it computes; "
                    + $"expected {(attributes.Length == 0 ? "none" : "one of " + string.Join(", ", attributes))}");
            }

            CheckAxes(stream, node, opset);
        }
    }

    private static void CheckAxes(Stream stream, OnnxNode node, long opset)
    {
        switch (node.Op)
        {
            case "Softmax":
                // Before version 13, the axis left out was the second, and everything behind it was one.
                if (node.Int("axis", opset >= 13 ? -1 : 1) is not (-1 or 2 or 3) and var axis)
                {
                    throw Error(stream, $"{node.Label}: axis: expected the last one, found {axis}");
                }

                break;
            case "LayerNormalization" or "RMSNormalization" or "SimplifiedLayerNormalization":
                if (node.Int("axis", -1) is not (-1 or 2 or 3) and var normed)
                {
                    throw Error(stream, $"{node.Label}: axis: expected the last one, found {normed}");
                }

                break;
            case "ReduceMean":
                long[]? axes = node.Attribute("axes") is { } written ? [.. written.Ints]
                    : node.Input(1).Length > 0 ? stream.Graph.Constant(node.Input(1))?.Integers() : [];
                if (axes is not [-1 or 2 or 3] || node.Int("keepdims", 1) != 1)
                {
                    throw Error(stream, $"{node.Label}: expected the mean over the last axis, which is kept; found axes "
                        + $"[{(axes is null ? "computed" : string.Join(", ", axes))}], keepdims {node.Int("keepdims", 1)}");
                }

                break;
            case "Dropout":
                if (node.Input(2).Length > 0)
                {
                    throw Error(stream, $"{node.Label}: it may drop out at run time (an input training_mode); expected none");
                }

                break;
            default:
                if (node.Attributes.FirstOrDefault(a => a.Name is "smooth_softmax" or "is_packed_batching" && a.I != 0) is { } on)
                {
                    throw Error(stream, $"{node.Label}: {on.Name}: expected 0, found {on.I}");
                }

                break;
        }
    }

    private static InvalidInputException Error(Stream stream, string text) => new($"{stream.Graph.File.Path}: {text}");
}

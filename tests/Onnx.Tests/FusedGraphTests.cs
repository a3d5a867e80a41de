using Google.Protobuf;
using Interp.Runtime.Machine;
using Interp.Runtime.Weights;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using DataType = Interp.Onnx.Format.TensorProto.Types.DataType;

namespace Interp.Onnx.Tests;

/// <summary>
/// Graphs of ONNX Runtime's fused operators, without names, made of a checkpoint's weights: ours gives the bits that it gives
/// for the checkpoint, and ONNX Runtime, running the same graph, agrees to 2e-5 (float32 sums in another order).
/// </summary>
public sealed class FusedGraphTests
{
    [Fact]
    public void Bert_with_embed_attention_and_skip_norms()
    {
        using Checkpoint weights = Checkpoint.Open(Fixtures.Require("hf/bert"));
        var g = new GraphBuilder(weights);
        string ids = g.Input("input_ids", DataType.Int32, "1", "s"), types = g.Input("token_type_ids", DataType.Int32, "1", "s");
        const string E = "bert.embeddings.";
        string x = g.Nodes("EmbedLayerNormalization",
            [ids, types, g.Stored(E + "word_embeddings.weight"), g.Stored(E + "position_embeddings.weight"),
                g.Stored(E + "token_type_embeddings.weight"), g.Stored(E + "LayerNorm.weight"), g.Stored(E + "LayerNorm.bias")],
            2, GraphBuilder.Microsoft, ("epsilon", 1e-12f))[0];
        for (int l = 0; l < 3; l++)
        {
            string b = $"bert.encoder.layer.{l}.", self = b + "attention.self.";
            string z = g.Node("Attention",
                [x, g.Transposed(self + "query.weight", self + "key.weight", self + "value.weight"),
                    g.Joined(self + "query.bias", self + "key.bias", self + "value.bias")],
                GraphBuilder.Microsoft, ("num_heads", 4));
            x = Skip(g.Node("MatMul", [z, g.Transposed(b + "attention.output.dense.weight")]), x, b + "attention.output.");
            string n = g.Node("BiasGelu",
                [g.Node("MatMul", [x, g.Transposed(b + "intermediate.dense.weight")]), g.Stored(b + "intermediate.dense.bias")],
                GraphBuilder.Microsoft);
            x = Skip(g.Node("MatMul", [n, g.Transposed(b + "output.dense.weight")]), x, b + "output.");
        }

        const string Head = "cls.predictions.";
        string h = g.Node("BiasGelu",
            [g.Node("MatMul", [x, g.Transposed(Head + "transform.dense.weight")]), g.Stored(Head + "transform.dense.bias")],
            GraphBuilder.Microsoft);
        h = g.Node("LayerNormalization", [h, g.Stored(Head + "transform.LayerNorm.weight"),
            g.Stored(Head + "transform.LayerNorm.bias")],
            "", ("epsilon", 1e-12f));
        Finish(g, g.Node("Add", [g.Node("MatMul", [h, g.Transposed(E + "word_embeddings.weight")]), g.Stored(Head + "bias")]));
        Check("bert", g, tokens => [Row("input_ids", tokens), Row("token_type_ids", new int[tokens.Length])]);

        string Skip(string written, string stream, string name) => g.Nodes("SkipLayerNormalization",
            [written, stream, g.Stored(name + "LayerNorm.weight"), g.Stored(name + "LayerNorm.bias"),
                g.Stored(name + "dense.bias")],
            1, GraphBuilder.Microsoft, ("epsilon", 1e-12f))[0];
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Llama_with_group_query_attention_and_skip_norms(bool packed)
    {
        string folder = Fixtures.Require("hf/llama_onnx");
        ModelConfig config = TransformerModel.Load(folder).Config;
        using Checkpoint weights = Checkpoint.Open(folder);
        var g = new GraphBuilder(weights);
        string ids = g.Input("input_ids", DataType.Int64, "1", "s");
        string positions = packed ? "" : g.Input("position_ids", DataType.Int64, "1", "s");
        string lengths = g.Input("seqlens_k", DataType.Int32, "1"), total = g.Input("total_sequence_length", DataType.Int32);
        (string cosines, string sines) = Rotary(g, config);
        (string, object)[] epsilon = [("epsilon", config.NormEpsilon)];
        string x = g.Node("Gather", [g.Stored("model.embed_tokens.weight"), ids]);
        string n = g.Node("SimplifiedLayerNormalization", [x, g.Stored("model.layers.0.input_layernorm.weight")], "", epsilon);
        for (int l = 0; l < config.NLayers; l++)
        {
            string b = $"model.layers.{l}.", a = b + "self_attn.";
            string[] qkv = packed
                ? [g.Node("MatMul", [n, g.Transposed(a + "q_proj.weight", a + "k_proj.weight", a + "v_proj.weight")]), "", ""]
                : [Turned(Map("q")), Turned(Map("k")), Map("v")];
            string z = g.Nodes("GroupQueryAttention", packed ? [.. qkv, "", "", lengths, total, cosines, sines]
                : [.. qkv, "", "", lengths, total],
                3, GraphBuilder.Microsoft,
                ("num_heads", config.NHeads), ("kv_num_heads", config.NKeyValueHeads), ("do_rotary", packed ? 1 : 0))[0];
            string Map(string part) => g.Node("MatMul", [n, g.Transposed($"{a}{part}_proj.weight")]);
            Skip(g.Node("MatMul", [z, g.Transposed(a + "o_proj.weight")]), b + "post_attention_layernorm.weight");
            string gate = g.Node("MatMul", [n, g.Transposed(b + "mlp.gate_proj.weight")]);
            string up = g.Node("MatMul", [n, g.Transposed(b + "mlp.up_proj.weight")]);
            string neurons = g.Node("Mul", [g.Node("Mul", [gate, g.Node("Sigmoid", [gate])]), up]);
            Skip(g.Node("MatMul", [neurons, g.Transposed(b + "mlp.down_proj.weight")]),
                l + 1 < config.NLayers ? $"model.layers.{l + 1}.input_layernorm.weight" : "model.norm.weight");
        }

        Finish(g, g.Node("MatMul", [n, g.Transposed("lm_head.weight")]));
        // ONNX Runtime turns heads inside this operator only when their dimension is a multiple of 16, which it is not here.
        Check("llama_onnx", g, packed ? null : tokens =>
        [
            Row("input_ids", [.. tokens.Select(t => (long)t)]),
            Row("position_ids", [.. tokens.Select((_, i) => (long)i)]),
            NamedOnnxValue.CreateFromTensor("seqlens_k", new DenseTensor<int>(new[] { tokens.Length - 1 }, [1])),
            NamedOnnxValue.CreateFromTensor("total_sequence_length", new DenseTensor<int>(new[] { tokens.Length }, [])),
        ]);

        string Turned(string value) => g.Node("RotaryEmbedding", [value, positions, cosines, sines], GraphBuilder.Microsoft);
        void Skip(string written, string gain)
        {
            string[] outputs = g.Nodes("SkipSimplifiedLayerNormalization", [x, written, g.Stored(gain)], 4,
                GraphBuilder.Microsoft, epsilon);
            (n, x) = (outputs[0], outputs[3]);
        }
    }

    [Fact]
    public void Gpt2_with_attention_split_from_one_map_and_untransposed_matrices()
    {
        string folder = Fixtures.Require("hf/gpt2_onnx");
        using Checkpoint weights = Checkpoint.Open(folder);
        var g = new GraphBuilder(weights);
        string ids = g.Input("input_ids", DataType.Int64, "1", "s"), positions = g.Input("position_ids", DataType.Int64,
            "1", "s");
        string table = g.Stored("transformer.wte.weight");
        string x = g.Node("Add", [g.Node("Gather", [table, ids]), g.Node("Gather", [g.Stored("transformer.wpe.weight"),
            positions])]);
        for (int l = 0; l < 2; l++)
        {
            string b = $"transformer.h.{l}.";
            string z = g.Node("Attention", [Norm(b + "ln_1"), g.Stored(b + "attn.c_attn.weight"),
                g.Stored(b + "attn.c_attn.bias")],
                GraphBuilder.Microsoft, ("num_heads", 4), ("unidirectional", 1));
            x = g.Node("Add", [Map(z, b + "attn.c_proj"), x]);
            string n = g.Node("FastGelu", [g.Node("MatMul", [Norm(b + "ln_2"), g.Stored(b + "mlp.c_fc.weight")]),
                g.Stored(b + "mlp.c_fc.bias")],
                GraphBuilder.Microsoft);
            x = g.Node("Add", [x, Map(n, b + "mlp.c_proj")]);
        }

        // The tied unembedding as the transposed table, kept as a node.
        Finish(g, g.Node("MatMul", [Norm("transformer.ln_f"), g.Node("Transpose", [table])]));
        Check("gpt2_onnx", g, tokens =>
            [Row("input_ids", [.. tokens.Select(t => (long)t)]), Row("position_ids", [.. tokens.Select((_, i) => (long)i)])]);

        string Norm(string name) => g.Node("LayerNormalization", [x, g.Stored(name + ".weight"), g.Stored(name + ".bias")],
            "", ("epsilon", 1e-5f));
        string Map(string value, string name) =>
            g.Node("Add", [g.Node("MatMul", [value, g.Stored(name + ".weight")]), g.Stored(name + ".bias")]);
    }

    private static (string Cosines, string Sines) Rotary(GraphBuilder g, ModelConfig config)
    {
        float[] frequencies = config.Rotary!.InverseFrequencies(1);
        float[] Table(Func<float, float> f) =>
            [.. Enumerable.Range(0, config.NCtx).SelectMany(p => frequencies.Select(w => f(p * w)))];
        return (g.Constant(Table(MathF.Cos), config.NCtx, frequencies.Length), g.Constant(Table(MathF.Sin), config.NCtx,
            frequencies.Length));
    }

    private static NamedOnnxValue Row<T>(string name, T[] values) =>
        NamedOnnxValue.CreateFromTensor(name, new DenseTensor<T>(values, [1, values.Length]));

    private static void Finish(GraphBuilder g, string logits)
    {
        g.Graph.Node[^1].Output[0] = "logits";
        Assert.NotEqual("logits", logits);
        g.Output("logits", "1", "s", "v");
    }

    private static void Check(string name, GraphBuilder g, Func<int[], NamedOnnxValue[]>? inputs)
    {
        string folder = Fixtures.Require("hf/" + name);
        TransformerModel model = Mutation.Load(g.Model, Path.Combine(folder, "model.onnx"));
        Same.Bits(TransformerModel.Load(folder), model, name);
        if (inputs is null)
        {
            return;
        }

        using var session = new InferenceSession(g.Model.ToByteArray());
        for (int seed = 0; seed < 3; seed++)
        {
            int[] tokens = RandomModel.Tokens(4 + (3 * seed), seed, model.Config.DVocab);
            using var run = session.Run(inputs(tokens));
            float[] expected = [.. run[0].AsTensor<float>()];
            RunResult found = model.Run(tokens);
            float[] logits = [.. Enumerable.Range(0, tokens.Length).SelectMany(i => found.LogitsAt(0, i).ToArray())];
            Close.Assert(expected, logits, 2e-5, 0, $"{name} against ONNX Runtime");
        }
    }
}

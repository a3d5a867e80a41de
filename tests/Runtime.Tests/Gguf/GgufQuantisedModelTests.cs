using System.Text.Json;
using Interp.Runtime.Gguf;
using Interp.Runtime.Tests.Reference;
using Interp.Runtime.Tests.Weights;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tests.Gguf;

/// <summary>Quantised files against models made in memory from what the quantiser says the numbers are.</summary>
public sealed class GgufQuantisedModelTests : IDisposable
{
    private const int Width = 256, Heads = 4, KeyHeads = 2, Head = 64, Vocabulary = 40;

    private const string Config = """
        {"model_type":"llama","hidden_size":256,"intermediate_size":512,"num_hidden_layers":2,"num_attention_heads":4,
        "num_key_value_heads":2,"vocab_size":40,"max_position_embeddings":64,"rms_norm_eps":1e-05,"rope_theta":10000.0,
        "tie_word_embeddings":false}
        """;

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    // Equal, not close: dequantisation gives the quantiser's bits.
    [Theory]
    [InlineData(GgufTensorType.F16)]
    [InlineData(GgufTensorType.Q40)]
    [InlineData(GgufTensorType.Q41)]
    [InlineData(GgufTensorType.Q50)]
    [InlineData(GgufTensorType.Q51)]
    [InlineData(GgufTensorType.Q80)]
    [InlineData(GgufTensorType.Q4K)]
    [InlineData(GgufTensorType.Q5K)]
    [InlineData(GgufTensorType.Q6K)]
    public void A_quantised_model_gives_the_logits_of_its_dequantised_weights(GgufTensorType type)
    {
        var random = new Random((int)type);
        var builder = new GgufBuilder();
        using var config = JsonDocument.Parse(Config);
        GgufConverter.Settings(builder, config.RootElement);
        var tensors = new List<NamedTensor>();
        foreach ((string name, int[] shape) in Shapes())
        {
            float[] values = [.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => (float)((random.NextDouble() - 0.5) * 0.2))];
            bool vector = shape.Length == 1;
            Quantised stored = vector ? new Quantised(Blocks.Float32(values), values, [])
                : type == GgufTensorType.F16 ? new Quantised(Blocks.Float16(values), [.. values.Select(v => (float)(Half)v)], [])
                : Blocks.Quantise((uint)type, values);
            // Rows are quantised one by one, so that they can be put into pairs afterwards.
            byte[] bytes = vector ? stored.Bytes : Rows(name, stored.Bytes, shape[0]);
            builder.Tensor(GgufConverter.Name("llama", name), shape, vector ? 0 : (uint)type, bytes);
            tensors.Add(NamedTensor.Float(name, shape, stored.Values));
        }

        TransformerModel expected = TransformerModel.Create(ConfigReader.Parse("config", Config), new InMemoryWeights("test", tensors));
        TransformerModel found = TransformerModel.Load(directory.Put("x.gguf", builder.Build()));
        int[] tokens = RandomModel.Tokens(20, 1, Vocabulary);
        Assert.Equal(HuggingFaceTests.Logits(expected.Run(tokens), 0), HuggingFaceTests.Logits(found.Run(tokens), 0));
        Assert.Equal([type.Spelling(), "F32"], found.Stored.Select(stored => stored.Type));
        Assert.Equal(16, found.Stored[0].Tensors);
        Assert.Equal(expected.Weights.Bytes, found.Weights.Bytes);
    }

    private static byte[] Rows(string name, byte[] bytes, int rows)
    {
        int width = bytes.Length / rows;
        float[] order = GgufConverter.Pairs(name, [.. Enumerable.Range(0, rows).Select(r => (float)r)], rows, Heads, KeyHeads);
        return [.. order.SelectMany(row => bytes.AsSpan((int)row * width, width).ToArray())];
    }

    private static IEnumerable<(string Name, int[] Shape)> Shapes()
    {
        yield return ("model.embed_tokens.weight", [Vocabulary, Width]);
        yield return ("model.norm.weight", [Width]);
        yield return ("lm_head.weight", [Vocabulary, Width]);
        for (int l = 0; l < 2; l++)
        {
            string prefix = $"model.layers.{l}.";
            yield return (prefix + "input_layernorm.weight", [Width]);
            yield return (prefix + "self_attn.q_proj.weight", [Heads * Head, Width]);
            yield return (prefix + "self_attn.k_proj.weight", [KeyHeads * Head, Width]);
            yield return (prefix + "self_attn.v_proj.weight", [KeyHeads * Head, Width]);
            yield return (prefix + "self_attn.o_proj.weight", [Width, Heads * Head]);
            yield return (prefix + "post_attention_layernorm.weight", [Width]);
            yield return (prefix + "mlp.gate_proj.weight", [512, Width]);
            yield return (prefix + "mlp.up_proj.weight", [512, Width]);
            yield return (prefix + "mlp.down_proj.weight", [Width, 512]);
        }
    }
}

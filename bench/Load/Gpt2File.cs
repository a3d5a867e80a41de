using System.Text.Json;
using Interp.Bench.Product;
using Interp.Runtime.Weights;

namespace Interp.Bench.Load;

/// <summary>A checkpoint of GPT-2 small's geometry with random weights, about 500 MB, written when it is not there yet.</summary>
internal static class Gpt2File
{
    internal const int Layers = 12;
    internal const int Width = 768;
    internal const int Vocabulary = 50257;
    internal const int Context = 1024;

    /// <summary>The directory with the checkpoint.</summary>
    internal static string Ensure()
    {
        string directory = Path.Combine(Path.GetTempPath(), "interp-bench-gpt2");
        string file = Path.Combine(directory, "model.safetensors");
        if (File.Exists(file))
            return directory;
        Directory.CreateDirectory(directory);
        var config = new Dictionary<string, object>
        {
            ["model_type"] = "gpt2",
            ["architectures"] = new[] { "GPT2LMHeadModel" },
            ["n_layer"] = Layers,
            ["n_embd"] = Width,
            ["n_head"] = 12,
            ["n_positions"] = Context,
            ["vocab_size"] = Vocabulary,
            ["activation_function"] = "gelu_new",
            ["layer_norm_epsilon"] = 1e-5,
        };
        File.WriteAllText(Path.Combine(directory, "config.json"), JsonSerializer.Serialize(config));
        new InMemoryWeights("random", Tensors()).Save(file);
        return directory;
    }

    private static IEnumerable<NamedTensor> Tensors()
    {
        yield return Random("wte.weight", Vocabulary, Width);
        yield return Random("wpe.weight", Context, Width);
        for (int layer = 0; layer < Layers; layer++)
        {
            string at = $"h.{layer}.";
            foreach (NamedTensor tensor in Norm(at + "ln_1").Concat(Norm(at + "ln_2")))
                yield return tensor;
            yield return Random(at + "attn.c_attn.weight", Width, 3 * Width);
            yield return Random(at + "attn.c_attn.bias", 3 * Width);
            yield return Random(at + "attn.c_proj.weight", Width, Width);
            yield return Random(at + "attn.c_proj.bias", Width);
            yield return Random(at + "mlp.c_fc.weight", Width, 4 * Width);
            yield return Random(at + "mlp.c_fc.bias", 4 * Width);
            yield return Random(at + "mlp.c_proj.weight", 4 * Width, Width);
            yield return Random(at + "mlp.c_proj.bias", Width);
        }

        foreach (NamedTensor tensor in Norm("ln_f"))
            yield return tensor;
    }

    private static NamedTensor[] Norm(string name) =>
    [
        NamedTensor.Float(name + ".weight", [Width], Enumerable.Repeat(1f, Width).ToArray()),
        NamedTensor.Float(name + ".bias", [Width], new float[Width]),
    ];

    private static NamedTensor Random(string name, params int[] shape)
    {
        int count = shape.Aggregate(1, (product, size) => product * size);
        float[] values = ProductRunner.Random(count, count % 1009);
        for (int i = 0; i < count; i++)
            values[i] *= 0.03f;
        return NamedTensor.Float(name, shape, values);
    }
}

using Interp.Runtime.Weights;

namespace Interp.Cli.Tests;

/// <summary>A directory that lives as long as a test, and things to put into it.</summary>
internal sealed class Workspace : IDisposable
{
    private const int Layers = 2, Width = 16, Vocabulary = 23, Context = 12;

    public Workspace() => FullPath = Directory.CreateTempSubdirectory("interp-cli-").FullName;

    public string FullPath { get; }

    /// <summary>Names of everything in the directory.</summary>
    public string[] Entries => [.. Directory.EnumerateFileSystemEntries(FullPath).Select(e => Path.GetFileName(e)!).Order()];

    public string At(string name) => Path.Combine(FullPath, name);

    public string Put(string name, string text)
    {
        File.WriteAllText(At(name), text);
        return At(name);
    }

    /// <summary>A directory of a random GPT-2 (2 layers, 4 heads, width 16, 23 tokens, context 12), no tokenizer.</summary>
    public string PutModel(string name = "model")
    {
        string directory = Directory.CreateDirectory(At(name)).FullName;
        File.WriteAllText(
            Path.Combine(directory, "config.json"),
            $$"""
            {"model_type": "gpt2", "n_layer": {{Layers}}, "n_embd": {{Width}}, "n_head": 4, "vocab_size": {{Vocabulary}},
             "n_positions": {{Context}}, "activation_function": "gelu_new", "eos_token_id": 22}
            """);
        SafetensorsWriter.Write(Path.Combine(directory, "model.safetensors"), Tensors());
        return directory;
    }

    public void Dispose() => Directory.Delete(FullPath, recursive: true);

    private static IEnumerable<NamedTensor> Tensors()
    {
        var random = new Random(1);
        yield return Random("wte.weight", Vocabulary, Width);
        yield return Random("wpe.weight", Context, Width);
        for (int l = 0; l < Layers; l++)
        {
            foreach ((string name, int inputs, int outputs) in new[]
                     {
                         ("attn.c_attn", Width, 3 * Width), ("attn.c_proj", Width, Width), ("mlp.c_fc", Width, 4 * Width),
                         ("mlp.c_proj", 4 * Width, Width),
                     })
            {
                yield return Random($"h.{l}.{name}.weight", inputs, outputs);
                yield return Random($"h.{l}.{name}.bias", outputs);
            }

            foreach (string norm in new[] { "ln_1", "ln_2" })
            {
                yield return Random($"h.{l}.{norm}.weight", Width);
                yield return Random($"h.{l}.{norm}.bias", Width);
            }
        }

        yield return Random("ln_f.weight", Width);
        yield return Random("ln_f.bias", Width);

        NamedTensor Random(string name, params int[] shape) => NamedTensor.Float(
            name, shape,
            Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray());
    }
}

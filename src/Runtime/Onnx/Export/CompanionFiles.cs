using System.Text;
using System.Text.Json.Nodes;
using Interp.Runtime.Families;
using Interp.Runtime.Gguf;

namespace Interp.Runtime.Onnx.Export;

/// <summary>What a graph needs beside it to load alone: the settings as config.json, and the files of the tokenizer.</summary>
public static class CompanionFiles
{
    private const string Settings = "config.json";

    // Every file that transformers keeps a tokenizer in, and the tokens that end a text.
    private static readonly string[] TokenizerNames =
    [
        "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "tokenizer.model", "vocab.txt", "special_tokens_map.json",
        "added_tokens.json", "generation_config.json",
    ];

    /// <summary>Writes the files of a model beside a graph that was exported of it; files of the same content are left as they are.</summary>
    /// <param name="model">Path of the model: a directory, an .onnx or a .gguf file.</param>
    /// <param name="graph">The graph.</param>
    /// <returns>What could not be written and why, a line each.</returns>
    /// <exception cref="InvalidInputException">The model cannot be opened, or a file cannot be written.</exception>
    public static IReadOnlyList<string> Write(string model, string graph)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        ArgumentException.ThrowIfNullOrEmpty(graph);
        string folder = Path.GetDirectoryName(Path.GetFullPath(graph))!;
        using IModelSource source = IModelSource.Open(model);
        ModelFamily family = ModelFamily.For(source.Config);
        ModelConfig config = family.ReadConfig(source.Config);
        List<string> remarks = [];
        if (FamilyLayout.For(config) is null)
        {
            remarks.Add($"{graph}: {config.Family} is not read from ONNX, so no {Settings} is written: the graph runs elsewhere, and does not load here");
            return remarks;
        }

        if (source is GgufModel && source.Complete(config) != config)
        {
            remarks.Add($"{Path.Combine(folder, Settings)}: not written: the model's rotary frequencies are a tensor, which {Settings} has no field for");
        }
        else
        {
            Put(folder, Settings, Encoding.UTF8.GetBytes(source.Config.Json), remarks);
        }

        List<(string Name, byte[] Content)> files = [.. TokenizerFiles(model, source)];
        foreach ((string name, byte[] content) in files)
        {
            Put(folder, name, content, remarks);
        }

        if (files.Count == 0)
        {
            remarks.Add(source is GgufModel
                ? $"{folder}: no tokenizer is written: that of a GGUF file is part of its metadata; give token ids, or put tokenizer files there"
                : $"{folder}: no tokenizer is written: the model has none; token ids work");
        }

        return remarks;
    }

    /// <summary>The files of a model's tokenizer, by name; none where it is not in files.</summary>
    private static IEnumerable<(string Name, byte[] Content)> TokenizerFiles(string model, IModelSource source)
    {
        string? folder = source switch
        {
            GgufModel => null,
            OnnxModel => OnnxModel.FolderOf(model),
            _ => model,
        };
        return folder is null
            ? []
            : TokenizerNames.Select(name => (name, Path.Combine(folder, name))).Where(f => File.Exists(f.Item2))
                .Select(f => (f.name, File.ReadAllBytes(f.Item2)));
    }

    private static void Put(string folder, string name, byte[] content, List<string> remarks)
    {
        string path = Path.Combine(folder, name);
        if (!File.Exists(path))
        {
            AtomicFile.Write(path, stream => stream.Write(content));
        }
        else if (!Same(File.ReadAllBytes(path), content))
        {
            remarks.Add($"{path}: there is another file of that name, which is left; the graph loads with it, or in a folder of its own");
        }
    }

    private static bool Same(byte[] there, byte[] content)
    {
        try
        {
            return there.AsSpan().SequenceEqual(content) || JsonNode.DeepEquals(JsonNode.Parse(there), JsonNode.Parse(content));
        }
        catch (System.Text.Json.JsonException)
        {
            return false;
        }
    }
}

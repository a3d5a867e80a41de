using System.Text;
using System.Text.Json.Nodes;
using Interp.Runtime.Families;
using Interp.Runtime.Gguf;

namespace Interp.Onnx.Export;

/// <summary>What a graph needs beside it to load alone: the settings as config.json, and the files of the tokenizer.</summary>
public static class CompanionFiles
{
    private const string Settings = "config.json";

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
        using IModelSource source = ModelSources.Open(model);
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

        foreach ((string name, byte[] content) in TokenizerFiles(source, config, folder, remarks))
        {
            Put(folder, name, content, remarks);
        }

        return remarks;
    }

    private static IReadOnlyList<(string Name, byte[] Content)> TokenizerFiles(IModelSource source, ModelConfig config, string folder, List<string> remarks)
    {
        try
        {
            IReadOnlyList<(string Name, byte[] Content)> files = source.TokenizerFiles(config);
            if (files.Count == 0)
            {
                remarks.Add($"{folder}: no tokenizer is written: the model has none; token ids work");
            }

            return files;
        }
        catch (InvalidInputException e)
        {
            remarks.Add($"{folder}: no tokenizer is written: {e.Message}; token ids work");
            return [];
        }
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

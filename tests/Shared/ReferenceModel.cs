using System.Text.Json.Nodes;
using Interp.Runtime;
using Interp.Runtime.Weights;

namespace Interp.Tests;

/// <summary>The checkpoints of <c>hf/</c>, as transformers 4.44 reads them, which their values are of.</summary>
internal static class ReferenceModel
{
    /// <summary>A checkpoint's model.</summary>
    /// <param name="folder">The checkpoint.</param>
    public static TransformerModel Load(string folder)
    {
        if (Path.GetFileName(folder) != "llama_rope_yarn")
        {
            return TransformerModel.Load(folder);
        }

        // transformers 4.44 does not look at the original context, and newer versions do. Without it the settings mean the same to both.
        string path = Path.Combine(folder, "config.json");
        JsonObject settings = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        if (!settings["rope_scaling"]!.AsObject().Remove("original_max_position_embeddings"))
        {
            throw new InvalidOperationException($"{path}: expected original_max_position_embeddings");
        }

        using Checkpoint checkpoint = Checkpoint.Open(folder);
        return TransformerModel.Create(ConfigReader.Parse(path, settings.ToJsonString()), checkpoint);
    }
}

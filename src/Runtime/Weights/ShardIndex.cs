using System.Text.Json;

namespace Interp.Runtime.Weights;

/// <summary>The <c>model.safetensors.index.json</c> of a checkpoint in several files: which tensor is in which of them.</summary>
internal static class ShardIndex
{
    /// <summary>Reads the <c>weight_map</c>.</summary>
    /// <param name="path">The index file.</param>
    /// <returns>From tensor name to the shard's file name, in the order of the file.</returns>
    /// <exception cref="InvalidInputException">
    /// The index is not such a file, or names a shard that is not simply a file in the same directory.
    /// </exception>
    public static OrderedDictionary<string, string> Read(string path)
    {
        OrderedDictionary<string, string> map = new(StringComparer.Ordinal);
        try
        {
            JsonDocumentOptions options = new() { AllowDuplicateProperties = false, MaxDepth = 16 };
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), options);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("weight_map", out JsonElement weights)
                || weights.ValueKind != JsonValueKind.Object)
                throw new InvalidInputException($"{path}: expected a JSON object with an object weight_map, found none");
            foreach (JsonProperty property in weights.EnumerateObject())
                map.Add(property.Name, ShardName(path, property));
        }
        catch (JsonException exception)
        {
            throw new InvalidInputException(
                $"{path}: expected valid JSON without repeated names, found {OneLine.Quote(exception.Message)}", exception);
        }
        catch (InvalidOperationException exception)
        {
            // The parser leaves strings alone until they are asked for.
            throw new InvalidInputException($"{path}: expected valid Unicode, found a string that is not", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be read ({OneLine.Quote(exception.Message)})", exception);
        }
        return map.Count > 0
            ? map
            : throw new InvalidInputException($"{path}: expected a weight_map with tensors, found an empty one");
    }

    private static string ShardName(string path, JsonProperty property)
    {
        string tensor = OneLine.Quote(property.Name);
        if (property.Value.ValueKind != JsonValueKind.String)
        {
            throw new InvalidInputException(
                $"{path}: tensor {tensor}: expected the name of a file, found {property.Value.ValueKind}");
        }
        string shard = property.Value.GetString()!;
        bool plain = shard.AsSpan().IndexOfAny("/\\:\0") < 0 && shard.EndsWith(".safetensors", StringComparison.Ordinal);
        return plain
            ? shard
            : throw new InvalidInputException($"{path}: tensor {tensor}: expected the name of a .safetensors file in the same "
                + $"directory, found {OneLine.Quote(shard)}");
    }
}

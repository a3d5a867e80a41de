using System.Text.Json;

namespace Interp.Runtime.Tokenization;

/// <summary>What tokenizer_config.json says; empty when there is none.</summary>
internal sealed record TokenizerConfig
{
    public string? Bos { get; init; }

    public string? Eos { get; init; }

    public bool? AddBos { get; init; }

    public bool AddEos { get; init; }

    public bool LowerCase { get; init; } = true;

    public static TokenizerConfig Read(string directory)
    {
        string path = Path.Combine(directory, "tokenizer_config.json");
        if (!File.Exists(path))
        {
            return new TokenizerConfig();
        }

        using JsonDocument document = JsonFile.Open(path);
        JsonElement root = document.RootElement;
        return new TokenizerConfig
        {
            Bos = Token(root, "bos_token"),
            Eos = Token(root, "eos_token"),
            AddBos = Flag(root, "add_bos_token"),
            AddEos = Flag(root, "add_eos_token") ?? false,
            LowerCase = Flag(root, "do_lower_case") ?? true,
        };
    }

    private static string? Token(JsonElement root, string name) => !root.TryGetProperty(name, out JsonElement value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : value.ValueKind == JsonValueKind.Object && value.TryGetProperty("content", out JsonElement content)
            && content.ValueKind == JsonValueKind.String ? content.GetString()
        : null;

    private static bool? Flag(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement value)
        && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : null;
}

/// <summary>JSON files of a tokenizer.</summary>
internal static class JsonFile
{
    public static JsonDocument Open(string path)
    {
        try
        {
            var document = JsonDocument.Parse(File.ReadAllText(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw new InvalidInputException($"{path}: expected a JSON object, found {document.RootElement.ValueKind}");
        }
        catch (JsonException e)
        {
            throw new InvalidInputException($"{path}: not valid JSON at line {e.LineNumber + 1}", e);
        }
    }
}

using System.Text.Json;
using Interp.Runtime.Weights;

namespace Interp.Runtime;

/// <summary>Typed access to a config.json, with errors that name file, field, expected and found.</summary>
public sealed partial class ConfigReader
{
    private readonly JsonElement _root;

    private ConfigReader(string path, JsonElement root)
    {
        Path = path;
        _root = root;
    }

    /// <summary>The file, or another name for where the settings came from.</summary>
    public string Path { get; }

    /// <summary>The settings as JSON text.</summary>
    public string Json => _root.GetRawText();

    /// <summary>Reads a file.</summary>
    /// <param name="path">Path of config.json.</param>
    /// <exception cref="InvalidInputException">The file is missing or is not a JSON object.</exception>
    public static ConfigReader Open(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidInputException($"{path}: expected a config.json beside the weights, found none");
        }

        try
        {
            return Parse(path, File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be read ({OneLine.Quote(e.Message)})", e);
        }
    }

    /// <summary>Reads settings from text.</summary>
    /// <param name="name">Name used in errors.</param>
    /// <param name="json">A JSON object.</param>
    /// <exception cref="InvalidInputException">The text is not a JSON object.</exception>
    public static ConfigReader Parse(string name, string json)
    {
        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(json);
            root = document.RootElement.Clone();
            RequireUnicode(root);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidInputException($"{name}: expected valid Unicode, found a string that is not", e);
        }
        catch (JsonException e)
        {
            throw new InvalidInputException($"{name}: not valid JSON at line {e.LineNumber + 1}", e);
        }

        return root.ValueKind == JsonValueKind.Object
            ? new ConfigReader(name, root)
            : throw new InvalidInputException($"{name}: expected a JSON object, found {root.ValueKind}");
    }

    /// <summary>Whether the field exists and is not null.</summary>
    /// <param name="field">Field name.</param>
    public bool Has(string field) => TryGet(field, out _);

    /// <summary>Whether the field is written as null, where that means something else than leaving it out.</summary>
    /// <param name="field">Field name.</param>
    public bool IsNull(string field)
    {
        _known.Add(field);
        return _root.TryGetProperty(field, out JsonElement value) && value.ValueKind == JsonValueKind.Null;
    }

    /// <summary>An integer field.</summary>
    /// <param name="field">Field name.</param>
    /// <param name="fallback">Value when the field is absent or null; null = the field is required.</param>
    public int Int(string field, int? fallback = null)
    {
        if (!TryGet(field, out JsonElement value))
        {
            return fallback ?? throw Missing(field, "an integer");
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            ? number
            : throw Wrong(field, "an integer", value);
    }

    /// <summary>An integer field, or null when it is absent.</summary>
    /// <param name="field">Field name.</param>
    public int? OptionalInt(string field) => Has(field) ? Int(field) : null;

    /// <summary>A number field.</summary>
    /// <param name="field">Field name.</param>
    /// <param name="fallback">Value when the field is absent or null; null = the field is required.</param>
    public double Number(string field, double? fallback = null)
    {
        if (!TryGet(field, out JsonElement value))
        {
            return fallback ?? throw Missing(field, "a number");
        }

        return value.ValueKind == JsonValueKind.Number ? value.GetDouble() : throw Wrong(field, "a number", value);
    }

    /// <summary>A Boolean field.</summary>
    /// <param name="field">Field name.</param>
    /// <param name="fallback">Value when the field is absent or null.</param>
    public bool Flag(string field, bool fallback)
    {
        if (!TryGet(field, out JsonElement value))
        {
            return fallback;
        }

        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw Wrong(field, "true or false", value);
    }

    /// <summary>A text field.</summary>
    /// <param name="field">Field name.</param>
    /// <param name="fallback">Value when the field is absent or null; null = the field is required.</param>
    public string Text(string field, string? fallback = null)
    {
        if (!TryGet(field, out JsonElement value))
        {
            return fallback ?? throw Missing(field, "a text");
        }

        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(field, "a text", value);
    }

    /// <summary>An integer or a list of integers, as <c>eos_token_id</c> is written.</summary>
    /// <param name="field">Field name.</param>
    public IReadOnlyList<int> Ints(string field)
    {
        if (!TryGet(field, out JsonElement value))
        {
            return [];
        }

        return value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(v =>
                v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out int i) ? i : throw Wrong(field, "integers", value))]
            : [Int(field)];
    }

    /// <summary>A list of numbers.</summary>
    /// <param name="field">Field name.</param>
    public IReadOnlyList<double> Numbers(string field)
    {
        if (!TryGet(field, out JsonElement value))
        {
            throw Missing(field, "a list of numbers");
        }

        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.Number)
            ? [.. value.EnumerateArray().Select(v => v.GetDouble())]
            : throw Wrong(field, "a list of numbers", value);
    }

    /// <summary>A list of texts, or null when it is absent.</summary>
    /// <param name="field">Field name.</param>
    public IReadOnlyList<string>? Texts(string field)
    {
        if (!TryGet(field, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(v => v.GetString()!)]
            : throw Wrong(field, "a list of texts", value);
    }

    /// <summary>The field as it is written, for the few whose shape only one family has.</summary>
    /// <param name="field">Field name.</param>
    /// <returns>The value, or null when it is absent or null.</returns>
    public JsonElement? Raw(string field) => TryGet(field, out JsonElement value) ? value : null;

    /// <summary>A nested object, or null when it is absent.</summary>
    /// <param name="field">Field name.</param>
    public ConfigReader? Object(string field)
    {
        if (!TryGet(field, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Wrong(field, "an object", value);
        }

        // One reader for each object, so that it knows everything that was asked of it.
        if (!_nested.TryGetValue(field, out ConfigReader? nested))
        {
            _nested[field] = nested = new ConfigReader($"{Path}: {field}", value);
        }

        return nested;
    }

    // The parser leaves strings alone until they are asked for; a lone surrogate written as an escape fails only then.
    private static void RequireUnicode(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    _ = property.Name;
                    RequireUnicode(property.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                {
                    RequireUnicode(item);
                }

                break;
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            default:
                break;
        }
    }

    // Whoever asks for a field knows it, whatever is found.
    private bool TryGet(string field, out JsonElement value)
    {
        _known.Add(field);
        return _root.TryGetProperty(field, out value) && value.ValueKind != JsonValueKind.Null;
    }

    private InvalidInputException Missing(string field, string expected) =>
        new($"{Path}: {field}: expected {expected}, found nothing");

    private InvalidInputException Wrong(string field, string expected, JsonElement value) =>
        new($"{Path}: {field}: expected {expected}, found {Shown(value)}");

    private static string Shown(JsonElement value)
    {
        string raw = value.GetRawText().ReplaceLineEndings(" ");
        return raw.Length > 40 ? raw[..40] + "..." : raw;
    }
}

using System.Text.Json;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tokenization;

/// <summary>
/// One JSON object of a tokenizer's files, read field by field. A field that nobody asked for is an error when the object is done:
/// it could change the tokens.
/// </summary>
/// <param name="element">The object.</param>
/// <param name="place">Where it stands, for messages: file and path of fields.</param>
internal sealed class JsonFields(JsonElement element, string place)
{
    private readonly HashSet<string> _asked = [];

    /// <summary>Where the object stands.</summary>
    public string Place { get; } = element.ValueKind == JsonValueKind.Object
        ? place
        : throw new InvalidInputException($"{place}: expected an object, found {Kind(element)}");

    /// <summary>The value of a field, or null where it is not there or null.</summary>
    public JsonElement? Value(string name)
    {
        _asked.Add(name);
        return element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    public bool Has(string name) => Value(name) is not null;

    public string? Text(string name) => Value(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(name, "a text", value);

    public string RequiredText(string name) => Text(name) ?? throw Missing(name, "a text");

    public bool? Flag(string name) => Value(name) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(name, "true or false", value);

    public int? Integer(string name) => Value(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw Wrong(name, "a whole number", value);

    public double? Number(string name) => Value(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number ? value.GetDouble() : throw Wrong(name, "a number", value);

    public JsonFields? Object(string name) => Value(name) is { } value ? new JsonFields(value, $"{Place}: {name}") : null;

    public JsonFields RequiredObject(string name) => Object(name) ?? throw Missing(name, "an object");

    /// <summary>The elements of a list; empty where the field is not there.</summary>
    public IReadOnlyList<JsonElement> List(string name) => Value(name) is not { } value ? []
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : throw Wrong(name, "a list", value);

    /// <summary>The objects of a list.</summary>
    public IEnumerable<JsonFields> Objects(string name) => List(name).Select((item, i) => new JsonFields(item, $"{Place}: {name}[{i}]"));

    /// <summary>Fields that are known to change no token.</summary>
    public void Pass(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            _asked.Add(name);
        }
    }

    /// <summary>Every field that is an object, with its name.</summary>
    public IEnumerable<(string Name, JsonFields Fields)> All()
    {
        foreach (JsonProperty field in element.EnumerateObject())
        {
            _asked.Add(field.Name);
            yield return (field.Name, new JsonFields(field.Value, $"{Place}: {field.Name}"));
        }
    }

    /// <summary>Fields that nobody asked for.</summary>
    public IEnumerable<string> Unread() => element.EnumerateObject().Select(field => field.Name).Where(name => !_asked.Contains(name));

    /// <summary>Refuses fields that nobody asked for.</summary>
    /// <exception cref="InvalidInputException">There is one.</exception>
    public void Done()
    {
        if (Unread().FirstOrDefault() is { } name)
        {
            throw new InvalidInputException(
                $"{Place}: {OneLine.Quote(name)} is not supported; the fields that are: {OneLine.List(_asked, 20)}");
        }
    }

    public InvalidInputException Wrong(string name, string expected, JsonElement found) =>
        new($"{Place}: {name}: expected {expected}, found {Kind(found)}");

    public InvalidInputException Wrong(string name, string expected, string found) =>
        new($"{Place}: {name}: expected {expected}, found {OneLine.Quote(found)}");

    public InvalidInputException Missing(string name, string expected) => new($"{Place}: expected a field '{name}', {expected}; found none");

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.Null => "null",
        _ => OneLine.Quote(value.GetRawText()),
    };
}

/// <summary>JSON files of a tokenizer.</summary>
internal static class JsonFile
{
    /// <summary>Reads a file that holds one object.</summary>
    /// <exception cref="InvalidInputException">The file is no JSON, or something else than an object.</exception>
    public static JsonDocument Open(string path)
    {
        try
        {
            var document = JsonDocument.Parse(File.ReadAllBytes(path).AsMemory() is var bytes && bytes.Span.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes);
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

using System.Globalization;
using System.Text.Json;

namespace Interp.Hooks;

/// <summary>The fields of a JSON object, each read once; errors name the place, what was expected and what was found.</summary>
internal sealed class JsonFields
{
    private readonly Dictionary<string, JsonElement> _fields = [];
    private readonly string _where;

    public JsonFields(JsonElement element, string where)
    {
        _where = where;
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidInputException($"{where}: expected an object, found {element.ValueKind}");
        }

        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!_fields.TryAdd(property.Name, property.Value))
            {
                throw new InvalidInputException($"{where}: {property.Name} is given twice");
            }
        }
    }

    public int Int(string name) =>
        Take(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int number)
            ? number
            : throw Wrong(name, "an integer");

    public float Float(string name) => Number(Take(name), name);

    public bool Bool(string name) => Take(name) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Wrong(name, "true or false"),
    };

    public string Text(string name) => Take(name) is { ValueKind: JsonValueKind.String } value
        ? value.GetString()!
        : throw Wrong(name, "a text");

    public JsonFields? Object(string name) =>
        _fields.ContainsKey(name) ? new JsonFields(Take(name)!.Value, $"{_where}: {name}") : null;

    public IEnumerable<JsonFields> Objects(string name) => Take(name) is { ValueKind: JsonValueKind.Array } list
        ? list.EnumerateArray().Select((item, i) => new JsonFields(item, string.Create(CultureInfo.InvariantCulture, $"{_where}: {name}[{i}]")))
        : throw Wrong(name, "a list");

    public int[]? OptionalInts(string name) => _fields.ContainsKey(name) ? Ints(name) : null;

    public TensorValue Tensor(string name)
    {
        JsonFields fields = Object(name) ?? throw Wrong(name, "a tensor (shape and data)");
        int[] shape = fields.Ints("shape");
        JsonElement data = fields.Take("data") is { ValueKind: JsonValueKind.Array } list ? list : throw fields.Wrong("data", "a list of numbers");
        fields.Done();
        try
        {
            return new TensorValue(shape, [.. data.EnumerateArray().Select(v => fields.Number(v, "data"))]);
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException($"{fields._where}: {e.Message}", e);
        }
    }

    /// <summary>Refuses fields that nobody read: an option is never silently ignored.</summary>
    public void Done()
    {
        if (_fields.Count > 0)
        {
            throw new InvalidInputException($"{_where}: unknown field '{_fields.Keys.First()}'");
        }
    }

    public InvalidInputException Wrong(string name, string expected, string? found = null) =>
        new($"{_where}: {name}: expected {expected}, found {(found is null ? "something else or nothing" : $"'{found}'")}");

    private int[] Ints(string name) => Take(name) is { ValueKind: JsonValueKind.Array } list
        ? [.. list.EnumerateArray().Select(v =>
            v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out int i) ? i : throw Wrong(name, "a list of integers"))]
        : throw Wrong(name, "a list of integers");

    private JsonElement? Take(string name) => _fields.Remove(name, out JsonElement value) ? value : null;

    private float Number(JsonElement? value, string name) => value switch
    {
        { ValueKind: JsonValueKind.Number } number => number.GetSingle(),
        { ValueKind: JsonValueKind.String } text => text.GetString() switch
        {
            "NaN" => float.NaN,
            "Infinity" => float.PositiveInfinity,
            "-Infinity" => float.NegativeInfinity,
            _ => throw Wrong(name, "a number"),
        },
        _ => throw Wrong(name, "a number"),
    };
}

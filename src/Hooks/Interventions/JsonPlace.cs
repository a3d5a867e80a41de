using System.Text.Json;

namespace Interp.Hooks;

/// <summary>A JSON value that knows its file and path, so that what is wrong with it can be told.</summary>
/// <param name="element">The value.</param>
/// <param name="file">What messages call the text.</param>
/// <param name="path">Where the value stands, such as <c>$.interventions[2].hook</c>.</param>
internal readonly struct JsonPlace(JsonElement element, string file, string path)
{
    /// <summary>The error that something is wrong here.</summary>
    public InvalidInputException Error(string problem) => new($"{file}, {path}: {problem}");

    /// <summary>Builds something, adding file and path to what its constructor complains of.</summary>
    public T Try<T>(Func<JsonPlace, T> build)
    {
        try
        {
            return build(this);
        }
        catch (InvalidInputException problem) when (!problem.Message.StartsWith(file + ", ", StringComparison.Ordinal))
        {
            throw Error(problem.Message);
        }
    }

    /// <summary>Throws unless this is an object with no other fields.</summary>
    public void RequireFields(IReadOnlyList<string> known)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Error($"expected an object with {string.Join(", ", known)}, found {KindName(element.ValueKind)}");
        }

        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!known.Contains(property.Name))
            {
                string nearest = string.Join(", ", NearestNames.Find(property.Name, known));
                throw Error($"unknown field '{property.Name}'; nearest: {nearest}");
            }
        }
    }

    /// <summary>Whether the object has the field.</summary>
    public bool Has(string name) => element.TryGetProperty(name, out _);

    /// <summary>A field of this object.</summary>
    public JsonPlace Field(string name)
    {
        Require(JsonValueKind.Object);
        return element.TryGetProperty(name, out JsonElement value)
            ? new JsonPlace(value, file, $"{path}.{name}")
            : throw Error($"expected a field '{name}', found none");
    }

    /// <summary>The items of this array.</summary>
    public IEnumerable<JsonPlace> Items()
    {
        Require(JsonValueKind.Array);
        (string file, string path) here = (file, path);
        return element.EnumerateArray().Select((item, i) => new JsonPlace(item, here.file, $"{here.path}[{i}]"));
    }

    /// <summary>A string.</summary>
    public string Text()
    {
        Require(JsonValueKind.String);
        return element.GetString()!;
    }

    /// <summary>One of several strings.</summary>
    public string Choice(IReadOnlyList<string> choices)
    {
        string text = Text();
        return choices.Contains(text) ? text : throw Error($"expected one of {string.Join(", ", choices)}, found '{text}'");
    }

    /// <summary>A whole number.</summary>
    public int Int() => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int number)
        ? number
        : throw Error($"expected a whole number, found {element.GetRawText()}");

    /// <summary>A truth value.</summary>
    public bool Bool() => element.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? element.GetBoolean()
        : throw Error($"expected true or false, found {element.GetRawText()}");

    /// <summary>A float32, or one of the strings <c>"Infinity"</c>, <c>"-Infinity"</c>, <c>"NaN"</c>.</summary>
    public float Float() => element.ValueKind switch
    {
        JsonValueKind.Number when element.TryGetSingle(out float number) && float.IsFinite(number) => number,
        JsonValueKind.String when element.ValueEquals("Infinity") => float.PositiveInfinity,
        JsonValueKind.String when element.ValueEquals("-Infinity") => float.NegativeInfinity,
        JsonValueKind.String when element.ValueEquals("NaN") => float.NaN,
        _ => throw Error($"expected a float32, \"Infinity\", \"-Infinity\" or \"NaN\", found {element.GetRawText()}"),
    };

    private static string KindName(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    private void Require(JsonValueKind kind)
    {
        if (element.ValueKind != kind)
        {
            throw Error($"expected {KindName(kind)}, found {KindName(element.ValueKind)}");
        }
    }
}

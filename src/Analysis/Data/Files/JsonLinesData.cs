using System.Text.Json;

namespace Interp.Analysis;

/// <summary>Prompt pairs as JSON lines: one object per line; empty lines are skipped.</summary>
internal static class JsonLinesData
{
    /// <summary>Reads the rows of a text.</summary>
    /// <param name="name">Name of the file, for errors.</param>
    /// <param name="content">The text.</param>
    /// <param name="map">Which field of the file holds which field.</param>
    /// <param name="unread">Receives the names of fields that mean nothing here.</param>
    /// <exception cref="InvalidInputException">
    /// A line is not an object, or a field has another type than its name says.</exception>
    public static IReadOnlyList<RawPair> Read(string name, string content, FieldMap map, ISet<string> unread)
    {
        List<RawPair> rows = [];
        string[] lines = content.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length > 0)
            {
                rows.Add(RowOf($"{name}, line {i + 1}", line, map, unread));
            }
        }

        return rows;
    }

    private static RawPair RowOf(string source, string line, FieldMap map, ISet<string> unread)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidInputException($"{source}: expected a JSON object, found {Kind(root)}");
            }

            Dictionary<string, JsonElement> values = new(StringComparer.Ordinal);
            foreach (JsonProperty property in root.EnumerateObject())
            {
                if (!values.TryAdd(property.Name, property.Value))
                {
                    throw new InvalidInputException($"{source}: field '{property.Name}' is there twice");
                }
            }

            map.Require(source, values.Keys);
            unread.UnionWith(map.Unread(values.Keys));
            RawPair row = new DataFields(source, map, new Row(source, values)).Read();
            return row is { Clean: null, CleanTokens: null }
                ? throw new InvalidInputException(
                    $"{source}: expected a field clean or clean_tokens, "
                    + $"found {string.Join(", ", values.Keys.DefaultIfEmpty("none").Take(8))}")
                : row;
        }
        catch (JsonException exception)
        {
            throw new InvalidInputException(
                $"{source}: not valid JSON at character {exception.BytePositionInLine + 1}", exception);
        }
        catch (InvalidOperationException exception)
        {
            // The parser's word for an escape such as \ud800 without its other half.
            throw new InvalidInputException($"{source}: expected texts of whole characters, found half of a surrogate pair", exception);
        }
    }

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => $"the number {element.GetRawText()}",
        _ => element.GetRawText(),
    };

    private sealed class Row(string source, Dictionary<string, JsonElement> values) : IDataRow
    {
        public bool Has(string column) => values.TryGetValue(column, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

        public string Text(string column, bool label) => values[column].ValueKind switch
        {
            JsonValueKind.String => values[column].GetString()!,
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False when label => values[column].GetRawText(),
            _ => throw new InvalidInputException($"{source}: {column}: expected a text, found {Kind(values[column])}"),
        };

        public IReadOnlyList<string> Texts(string column)
        {
            JsonElement[] texts = values[column].ValueKind == JsonValueKind.Array ? [.. values[column].EnumerateArray()] : [];
            return texts.Length > 0 && texts.All(t => t.ValueKind == JsonValueKind.String)
                ? [.. texts.Select(t => t.GetString()!)]
                : throw new InvalidInputException(
                    $"{source}: {column}: expected an array of texts such as [\" Mary\", \" John\"], found {values[column].GetRawText()}");
        }

        public IReadOnlyList<int> Ids(string column, IdCount count)
        {
            JsonElement value = values[column];
            return (value.ValueKind, count) switch
            {
                (JsonValueKind.Number, IdCount.One or IdCount.Any) => [Id(value)],
                (JsonValueKind.Array, IdCount.Several or IdCount.Any) => [.. value.EnumerateArray().Select(Id)],
                _ => throw new InvalidInputException(
                    $"{source}: {column}: expected {(count == IdCount.Several ? "an array of whole numbers" : "a whole number")}, found {Kind(value)}"),
            };

            int Id(JsonElement element) => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int id)
                ? id
                : throw new InvalidInputException($"{source}: {column}: expected whole numbers, found {Kind(element)}");
        }
    }
}

using System.Text.Json;

namespace Interp.Cli;

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
                rows.Add(Row($"{name}, line {i + 1}", line, map, unread));
            }
        }

        return rows;
    }

    private static RawPair Row(string source, string line, FieldMap map, ISet<string> unread)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(line);
        }
        catch (JsonException exception)
        {
            throw new InvalidInputException(
                $"{source}: not valid JSON at character {exception.BytePositionInLine + 1}", exception);
        }

        using (document)
        {
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidInputException($"{source}: expected a JSON object, found {Kind(root)}");
            }

            string[] names = [.. root.EnumerateObject().Select(p => p.Name)];
            map.Require(source, names);
            unread.UnionWith(map.Unread(names));
            RawPair row = new DataFields(
                source, field => Text(root, source, field, map.ColumnOf(field)), field => Ids(root, source, field, map.ColumnOf(field))).Read();
            return row is { Clean: null, CleanTokens: null }
                ? throw new InvalidInputException(
                    $"{source}: expected a field clean or clean_tokens, "
                    + $"found {string.Join(", ", names.DefaultIfEmpty("none").Take(8))}")
                : row;
        }
    }

    private static string? Text(JsonElement root, string source, string field, string? column)
    {
        if (column is null || !root.TryGetProperty(column, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        bool label = field is "id" or "group" or "case" or "above";
        return value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False when label => value.GetRawText(),
            _ => throw new InvalidInputException($"{source}: {field}: expected a text, found {Kind(value)}"),
        };
    }

    private static IReadOnlyList<int>? Ids(JsonElement root, string source, string field, string? column)
    {
        if (column is null || !root.TryGetProperty(column, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        bool one = field.EndsWith("_token", StringComparison.Ordinal);
        return (value.ValueKind, one) switch
        {
            (JsonValueKind.Number, true) => [Id(value)],
            (JsonValueKind.Array, false) => [.. value.EnumerateArray().Select(Id)],
            _ => throw new InvalidInputException(
                $"{source}: {field}: expected {(one ? "a whole number" : "an array of whole numbers")}, found {Kind(value)}"),
        };

        int Id(JsonElement element) => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int id)
            ? id
            : throw new InvalidInputException($"{source}: {field}: expected whole numbers, found {Kind(element)}");
    }

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => $"the number {element.GetRawText()}",
        _ => element.GetRawText(),
    };
}

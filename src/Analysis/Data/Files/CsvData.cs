using System.Text.Json;

namespace Interp.Analysis;

/// <summary>
/// Prompt pairs as comma-separated values with a header (RFC 4180: quoted fields may hold commas, line breaks and doubled
/// quotes). Ids in a field are separated by spaces or commas, several texts are a JSON array. An empty field is absent.
/// </summary>
internal static class CsvData
{
    /// <summary>Reads the rows of a text.</summary>
    /// <param name="name">Name of the file, for errors.</param>
    /// <param name="content">The text.</param>
    /// <param name="map">Which column holds which field.</param>
    /// <param name="unread">Receives the names of columns that mean nothing here.</param>
    /// <exception cref="InvalidInputException">The header or a row cannot be read.</exception>
    public static IReadOnlyList<RawPair> Read(string name, string content, FieldMap map, ISet<string> unread)
    {
        List<RawPair> rows = [];
        Dictionary<string, int>? columns = null;
        foreach ((int line, string[] fields) in new CsvParser(name, content).Rows())
        {
            string source = $"{name}, line {line}";
            if (columns is null)
            {
                columns = Header(source, fields, map, unread);
                continue;
            }

            if (fields.Length != columns.Count)
            {
                throw new InvalidInputException(
                    $"{source}: expected {columns.Count} fields as in the header, found {fields.Length}");
            }

            rows.Add(new DataFields(source, map, new Row(source, columns, fields)).Read());
        }

        return rows;
    }

    private static Dictionary<string, int> Header(string source, string[] names, FieldMap map, ISet<string> unread)
    {
        Dictionary<string, int> columns = new(StringComparer.Ordinal);
        for (int i = 0; i < names.Length; i++)
        {
            if (!columns.TryAdd(names[i].Trim(), i))
            {
                throw new InvalidInputException($"{source}: column '{names[i].Trim()}' is there twice");
            }
        }

        map.Require(source, columns.Keys);
        if (!DataFields.Prompts.SelectMany(map.ColumnsOf).Any(columns.ContainsKey))
        {
            throw new InvalidInputException(
                $"{source}: expected a header with a column clean or clean_tokens, "
                + $"found {string.Join(", ", columns.Keys.Where(n => n.Length > 0).Take(8))}; --fields clean=COLUMN names another column");
        }

        // Index columns that table tools write have no name; they are not worth a remark.
        unread.UnionWith(map.Unread(columns.Keys).Where(n => n.Length > 0));
        return columns;
    }

    private sealed class Row(string source, Dictionary<string, int> columns, string[] fields) : IDataRow
    {
        public bool Has(string column) => columns.TryGetValue(column, out int at) && fields[at].Length > 0;

        public string Text(string column, bool label) => fields[columns[column]];

        public IReadOnlyList<string> Texts(string column)
        {
            string text = Text(column, label: false);
            try
            {
                using JsonDocument json = JsonDocument.Parse(text);
                if (json.RootElement is { ValueKind: JsonValueKind.Array } array && array.GetArrayLength() > 0
                    && array.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String))
                {
                    return [.. array.EnumerateArray().Select(e => e.GetString()!)];
                }
            }
            catch (JsonException)
            {
                // Told below, with what was expected.
            }

            throw new InvalidInputException($"{source}: {column}: expected a JSON array of texts such as [\" Mary\", \" John\"], found '{text}'");
        }

        public IReadOnlyList<int> Ids(string column, IdCount count)
        {
            int[] ids = TokenIds.Parse(Text(column, label: false).Trim('[', ']'), $"{source}: {column}");
            return count != IdCount.One || ids.Length == 1
                ? ids
                : throw new InvalidInputException($"{source}: {column}: expected one id, found {ids.Length} (a field for several has an s: {column}s)");
        }
    }
}

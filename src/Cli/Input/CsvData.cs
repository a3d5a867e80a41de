namespace Interp.Cli;

/// <summary>
/// Prompt pairs as comma-separated values with a header (RFC 4180: quoted fields may hold commas, line breaks and doubled
/// quotes). Ids in a field are separated by spaces or commas. An empty field is absent.
/// </summary>
internal static class CsvData
{
    private static readonly string[] Prompts = ["clean", "clean_tokens", "clean_prefix"];

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

            Dictionary<string, int> header = columns;
            rows.Add(new DataFields(
                source,
                Value,
                field => Value(field) is { } text ? TokenIds.Parse(text.Trim('[', ']'), $"{source}: {field}") : null).Read());

            string? Value(string field) =>
                map.ColumnOf(field) is { } own && header.TryGetValue(own, out int column) && fields[column].Length > 0
                    ? fields[column] : null;
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
        if (Prompts.All(f => map.ColumnOf(f) is not { } column || !columns.ContainsKey(column)))
        {
            throw new InvalidInputException(
                $"{source}: expected a header with a column clean or clean_tokens, "
                + $"found {string.Join(", ", columns.Keys.Where(n => n.Length > 0).Take(8))}; --fields clean=COLUMN names another column");
        }

        // Index columns that table tools write have no name; they are not worth a remark.
        unread.UnionWith(map.Unread(columns.Keys).Where(n => n.Length > 0));
        return columns;
    }
}

namespace Interp.Cli;

/// <summary>Which column of a file holds a field that interp reads; without a word about it, the one of the same name.</summary>
/// <param name="columns">Columns by field.</param>
internal sealed class FieldMap(IReadOnlyDictionary<string, string> columns)
{
    /// <summary>Every field is in the column of its name.</summary>
    public static FieldMap None { get; } = new(new Dictionary<string, string>());

    /// <summary>The columns that were named.</summary>
    public IEnumerable<string> Columns => columns.Values;

    /// <summary>Reads pairs such as <c>answer_token=correct_idx</c>.</summary>
    /// <exception cref="InvalidInputException">A pair cannot be read, or names a field that interp does not read.</exception>
    public static FieldMap Parse(IReadOnlyList<string> pairs)
    {
        Dictionary<string, string> columns = new(StringComparer.Ordinal);
        foreach (string pair in pairs)
        {
            if (pair.Split('=') is not [{ Length: > 0 } field, { Length: > 0 } column])
            {
                throw new InvalidInputException($"--fields: expected FIELD=COLUMN, such as answer_token=correct_idx, found '{pair}'");
            }

            if (!DataFields.Names.Contains(field))
            {
                throw new InvalidInputException(
                    $"--fields: '{field}' is no field of interp; the nearest are {string.Join(", ", NearestNames.Find(field, DataFields.Names))}");
            }

            if (!columns.TryAdd(field, column))
            {
                throw new InvalidInputException($"--fields: expected {field} once, found {columns[field]} and {column}");
            }
        }

        return new FieldMap(columns);
    }

    /// <summary>The column of a field; null when its own column was named for another field.</summary>
    public string? ColumnOf(string field) =>
        columns.TryGetValue(field, out string? column) ? column : columns.Values.Contains(field) ? null : field;

    /// <summary>Refuses a column that was named and is not there.</summary>
    /// <param name="source">Where the columns are.</param>
    /// <param name="found">The columns that are there.</param>
    /// <exception cref="InvalidInputException">One is missing.</exception>
    public void Require(string source, IReadOnlyCollection<string> found)
    {
        foreach ((string field, string column) in columns)
        {
            if (!found.Contains(column))
            {
                throw new InvalidInputException(
                    $"{source}: --fields {field}={column}: expected a column '{column}', found {string.Join(", ", found.Where(f => f.Length > 0).Take(8))}");
            }
        }
    }

    /// <summary>The columns that are not read.</summary>
    public IEnumerable<string> Unread(IEnumerable<string> found) =>
        found.Except(DataFields.Names.Select(ColumnOf).OfType<string>());
}

namespace Interp.Analysis;

/// <summary>Which column of a file holds a field that interp reads; without a word about it, the one of the same name.</summary>
/// <param name="columns">Columns by field.</param>
internal sealed class FieldMap(IReadOnlyDictionary<string, string> columns)
{
    /// <summary>Every field is in the column of its name.</summary>
    public static FieldMap None { get; } = new(new Dictionary<string, string>());

    /// <summary>The columns that were named.</summary>
    public IEnumerable<string> Columns => columns.Values;

    /// <summary>The fields whose columns were named.</summary>
    public IEnumerable<string> Fields => columns.Keys;

    /// <summary>Reads pairs such as <c>answer_token=correct_idx</c>.</summary>
    /// <exception cref="InvalidInputException">A pair cannot be read, or names a field that interp does not read.</exception>
    public static FieldMap Parse(IReadOnlyList<string> pairs)
    {
        Dictionary<string, string> columns = new(StringComparer.Ordinal);
        foreach (string pair in pairs)
        {
            if (pair.Split('=') is not [{ Length: > 0 } name, { Length: > 0 } column])
            {
                throw new InvalidInputException($"--fields: expected FIELD=COLUMN, such as answer_token=correct_idx, found '{pair}'");
            }

            string field = DataFields.FieldOf(name) ?? throw new InvalidInputException(
                $"--fields: '{name}' is no field of interp; the nearest are {string.Join(", ", NearestNames.Find(name, DataFields.Names))}");
            if (!columns.TryAdd(field, column))
            {
                throw new InvalidInputException($"--fields: expected {field} once, found {columns[field]} and {column}");
            }
        }

        return new FieldMap(columns);
    }

    /// <summary>
    /// The columns that may hold a field: the one that was named, or those of its own name and its other names, as far as none of them was
    /// named for another field.
    /// </summary>
    public IEnumerable<string> ColumnsOf(string field) => columns.TryGetValue(field, out string? column)
        ? [column]
        : DataFields.NamesOf(field).Except(columns.Values);

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
    public IEnumerable<string> Unread(IEnumerable<string> found) => found.Except(DataFields.Fields.SelectMany(ColumnsOf));
}

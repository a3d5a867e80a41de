using System.Globalization;

namespace Interp.Analysis;

/// <summary>
/// Tables as comma-separated values (RFC 4180): a header, then one line per row, each ended by a line feed. Numbers are
/// written in the invariant culture with as many digits as bring the same bits back; <c>NaN</c>, <c>Infinity</c> and
/// <c>-Infinity</c> by these names. Null is an empty field; an empty text is a pair of quotes.
/// </summary>
public static class CsvWriter
{
    private static readonly System.Buffers.SearchValues<char> NeedQuotes = System.Buffers.SearchValues.Create(",\"\r\n");

    /// <summary>Writes a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="writer">Receives the text.</param>
    public static void Write(ResultTable table, TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(writer);
        WriteHeader(table.Columns, writer);
        WriteRows(table, writer);
    }

    /// <summary>Writes the header alone.</summary>
    /// <param name="columns">The columns.</param>
    /// <param name="writer">Receives the text.</param>
    public static void WriteHeader(IReadOnlyList<Column> columns, TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(writer);
        WriteLine(writer, columns.Select(c => (object?)c.Name));
    }

    /// <summary>Writes rows without a header, such as the next batch of a table.</summary>
    /// <param name="table">The rows.</param>
    /// <param name="writer">Receives the text.</param>
    public static void WriteRows(ResultTable table, TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(writer);
        foreach (IReadOnlyList<object?> row in table.Rows)
        {
            WriteLine(writer, row);
        }
    }

    private static void WriteLine(TextWriter writer, IEnumerable<object?> values)
    {
        string separator = "";
        foreach (object? value in values)
        {
            writer.Write(separator);
            writer.Write(Field(value));
            separator = ",";
        }

        writer.Write('\n');
    }

    private static string Field(object? value) => value switch
    {
        null => "",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        string text => Quoted(text),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    // A field that begins or ends with a space is quoted too: some readers trim bare ones, and tokens begin with spaces.
    private static string Quoted(string text) =>
        text.Length == 0 || text[0] == ' ' || text[^1] == ' ' || text.AsSpan().ContainsAny(NeedQuotes)
            ? "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\""
            : text;
}

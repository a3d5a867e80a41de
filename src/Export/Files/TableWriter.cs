using System.Globalization;
using Interp.Analysis;

namespace Interp.Export;

/// <summary>
/// Writes one table, batch by batch, to where it goes. Nothing appears there before <see cref="Finish"/>, and nothing at all
/// without it. The hash of the columns is computed on the way, so nobody has to hold the table.
/// </summary>
public abstract class TableWriter : ITableSink, IDisposable
{
    private ResultHash? _hash;

    /// <summary>Begins a table.</summary>
    /// <param name="path">The file that it will be in; null = no file.</param>
    protected TableWriter(string? path = null) => Path = path;

    /// <summary>The file that the table will be in, or is in once it is finished; null = it goes to no file.</summary>
    public string? Path { get; private set; }

    /// <summary>Name of the table; empty before the first rows.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Its columns; empty before the first rows.</summary>
    public IReadOnlyList<Column> Columns { get; private set; } = [];

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>The metadata that was written; empty before <see cref="Finish"/>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; private set; } = new Dictionary<string, string>();

    /// <inheritdoc/>
    /// <exception cref="InvalidInputException">It cannot be written.</exception>
    public void Write(ResultTable rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (_hash is null)
        {
            (Name, Columns) = (rows.Name, rows.Columns);
            _hash = new ResultHash(Columns);
            Begin();
        }

        _hash.Append(rows);
        Rows += rows.Count;
        WriteRows(rows);
    }

    /// <summary>Ends the table and puts it where it goes.</summary>
    /// <param name="metadata">
    /// Where the table comes from, and whether it is a part (<see cref="ResultMetadata.OfPart"/>); its name, the version of the layout, the
    /// number of rows and the hash of its columns are added.
    /// </param>
    /// <exception cref="InvalidInputException">It cannot be written.</exception>
    /// <exception cref="InvalidOperationException">No rows were written, not even an empty batch.</exception>
    public void Finish(IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        if (_hash is null)
        {
            throw new InvalidOperationException("a table is written before it is finished, and its columns are not known yet");
        }

        string rows = Rows.ToString(CultureInfo.InvariantCulture);
        bool part = ResultMetadata.IsPart(metadata);
        var all = new SortedDictionary<string, string>(metadata.ToDictionary(), StringComparer.Ordinal)
        {
            [ResultMetadata.Table] = Name,
            [ResultMetadata.SchemaVersion] = ResultMetadata.CurrentSchemaVersion,
            [ResultMetadata.ResultSha256] = _hash.Finish(),
            [ResultMetadata.Complete] = part ? "false" : "true",
            [ResultMetadata.RowsDone] = rows,
        };
        if (!part)
        {
            all[ResultMetadata.RowsExpected] = rows;
            all.Remove(ResultMetadata.Stopped);
        }

        Metadata = all;
        End();
        if (!part && Path is not null)
        {
            PartFile.Remove(Path);
        }
    }

    /// <summary>
    /// Ends a table whose work was stopped. A whole result is never replaced by a part, and a file that cannot say that it is one
    /// does not stand under a whole one's name: such a part goes to <c>NAME.incomplete.ENDING</c>, which <see cref="Path"/> tells.
    /// </summary>
    /// <param name="metadata">As for <see cref="Finish"/>, with <see cref="ResultMetadata.OfPart"/>.</param>
    /// <exception cref="InvalidInputException">It cannot be written.</exception>
    public void FinishPart(IReadOnlyDictionary<string, string> metadata)
    {
        Path = Path is null ? null : PartFile.PlaceFor(Path);
        Finish(metadata);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _hash?.Dispose();
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The columns are known.</summary>
    protected abstract void Begin();

    /// <summary>Takes the next rows.</summary>
    /// <param name="rows">The rows.</param>
    protected abstract void WriteRows(ResultTable rows);

    /// <summary>All rows were written and the metadata is known; puts the table into <see cref="Path"/> where there is one.</summary>
    protected abstract void End();

    /// <summary>Lets go of what is held, and removes what was not finished.</summary>
    /// <param name="disposing">Always true.</param>
    protected abstract void Dispose(bool disposing);
}

using Interp.Analysis;

namespace Interp.Export;

/// <summary>
/// Writes one table, batch by batch, to where it goes. Nothing appears there before <see cref="Finish"/>, and nothing at all
/// without it. The hash of the columns is computed on the way, so nobody has to hold the table.
/// </summary>
public abstract class TableWriter : ITableSink, IDisposable
{
    private ResultHash? _hash;

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
    /// <param name="metadata">Where the table comes from; its name, the version of the layout and the hash of its columns are added.</param>
    /// <exception cref="InvalidInputException">It cannot be written.</exception>
    /// <exception cref="InvalidOperationException">No rows were written, not even an empty batch.</exception>
    public void Finish(IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        if (_hash is null)
        {
            throw new InvalidOperationException("a table is written before it is finished, and its columns are not known yet");
        }

        Metadata = new SortedDictionary<string, string>(metadata.ToDictionary(), StringComparer.Ordinal)
        {
            [ResultMetadata.Table] = Name,
            [ResultMetadata.SchemaVersion] = ResultMetadata.CurrentSchemaVersion,
            [ResultMetadata.ResultSha256] = _hash.Finish(),
        };
        End();
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

    /// <summary>All rows were written and the metadata is known.</summary>
    protected abstract void End();

    /// <summary>Lets go of what is held, and removes what was not finished.</summary>
    /// <param name="disposing">Always true.</param>
    protected abstract void Dispose(bool disposing);
}

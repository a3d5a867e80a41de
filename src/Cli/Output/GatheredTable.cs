using Interp.Analysis;
using Interp.Export;

namespace Interp.Cli;

/// <summary>Keeps a table in memory, for the report.</summary>
/// <param name="tables">Where it goes when it is finished.</param>
internal sealed class GatheredTable(List<ResultTable> tables) : TableWriter
{
    private ResultTable? _table;

    /// <inheritdoc/>
    protected override void Begin() => _table = new ResultTable(Name, Columns);

    /// <inheritdoc/>
    protected override void WriteRows(ResultTable rows)
    {
        foreach (IReadOnlyList<object?> row in rows.Rows)
        {
            _table!.Add([.. row]);
        }
    }

    /// <inheritdoc/>
    protected override void End()
    {
        _table!.Metadata = Metadata;
        tables.Add(_table);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _table = null;
}

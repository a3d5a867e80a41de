using Interp.Analysis;
using Interp.Export;

namespace Interp.Cli;

/// <summary>A table on its way to where it was asked for; it appears there when it is finished.</summary>
/// <param name="session">The call.</param>
/// <param name="writers">Each place, what it is called in a remark (null = not told), and the folder that it belongs to.</param>
internal sealed class TableOutput(
    Session session, IReadOnlyList<(TableWriter Writer, string? Place, ResultFolder? Folder)> writers) : ITableSink, IDisposable
{
    /// <inheritdoc/>
    public void Write(ResultTable rows)
    {
        foreach ((TableWriter writer, _, _) in writers)
        {
            writer.Write(rows);
        }
    }

    /// <summary>Ends the table and tells where it is.</summary>
    public void Finish()
    {
        if (writers.Count == 0)
        {
            return;
        }

        Dictionary<string, string> metadata = FileMetadata.Of(session);
        foreach ((TableWriter writer, string? place, ResultFolder? folder) in writers)
        {
            writer.Finish(metadata);
            folder?.Add(writer);
            if (place is not null)
            {
                session.Note($"{place}: table {writer.Name}, {writer.Rows} rows");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((TableWriter writer, _, _) in writers)
        {
            writer.Dispose();
        }
    }
}

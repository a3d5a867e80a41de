using Interp.Analysis;
using Interp.Export;

namespace Interp.Cli;

/// <summary>A table on its way to where it was asked for; it appears there when it is finished.</summary>
/// <param name="session">The call.</param>
/// <param name="writers">Each place, what it is called in a remark (null = not told), and the folder that it belongs to.</param>
/// <param name="prompts">Puts the prompts into the same folder; null = they do not belong to the table.</param>
internal sealed class TableOutput(
    Session session, IReadOnlyList<(TableWriter Writer, string? Place, ResultFolder? Folder)> writers, Action<ResultFolder>? prompts = null)
    : ITableSink, IDisposable
{
    /// <inheritdoc/>
    public void Write(ResultTable rows)
    {
        foreach ((TableWriter writer, _, _) in writers)
        {
            writer.Write(rows);
        }
    }

    /// <summary>Ends the table and tells where it is; in a folder it appears when the call commits it.</summary>
    /// <param name="counted">Whether the rows of the whole table are those that stopped work expected.</param>
    public void Finish(bool counted = true)
    {
        if (writers.Count == 0)
        {
            return;
        }

        Dictionary<string, string> metadata = FileMetadata.OfResult(session);
        if (!counted)
        {
            metadata.Remove(ResultMetadata.RowsExpected);
        }

        foreach ((TableWriter writer, string? place, ResultFolder? folder) in writers)
        {
            // What is staged in a folder has no name yet; where a part goes is decided when the folder is committed.
            if (session.Stopped is null || folder is not null)
            {
                writer.Finish(metadata);
            }
            else
            {
                writer.FinishPart(metadata);
            }

            if (folder is not null)
            {
                prompts?.Invoke(folder);
                folder.Stage(writer);
            }

            if (place is not null)
            {
                Tell(writer, place, folder is null);
            }
        }
    }

    private void Tell(TableWriter writer, string place, bool alone)
    {
        string told = $"table {writer.Name}, {writer.Rows} rows";
        if (session.Stopped is null)
        {
            session.Note($"{place}: {told}");
        }
        else if (!alone || writer.Path == place)
        {
            session.Note($"{place}: {told}, marked as incomplete");
        }
        else
        {
            session.Note($"{writer.Path}: {told}, incomplete; {place} {(File.Exists(place) ? "is kept as it was" : "appears only whole")}");
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

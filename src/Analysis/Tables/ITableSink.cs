namespace Interp.Analysis;

/// <summary>Receives a table in parts while it is made, so that it is never held as a whole.</summary>
public interface ITableSink
{
    /// <summary>Takes the next rows, maybe none. Each table is written at least once, so that its columns are known.</summary>
    /// <param name="rows">The rows. They are overwritten after the call: what is needed later is copied.</param>
    void Write(ResultTable rows);
}

using Interp.Analysis;

namespace Interp.Cli;

/// <summary>
/// The table of a command that works prompt by prompt: rows go to where they were asked for while the run goes on, so that memory does
/// not grow with the prompts. For people the rows stay together.
/// </summary>
internal sealed class GrowingTable : IDisposable
{
    private readonly TableOutput _output;
    private readonly TableBatches _batches;
    private readonly bool _forPeople;

    /// <summary>Begins a table.</summary>
    /// <param name="session">The call.</param>
    /// <param name="options">Where the table goes.</param>
    /// <param name="table">The empty table that the command fills.</param>
    public GrowingTable(Session session, TableOptions options, ResultTable table)
    {
        _forPeople = options.ForPeople(session);
        _output = options.Open(session, table.Name);
        _batches = new TableBatches(table, _forPeople ? null : _output);
    }

    /// <summary>To be called when the rows of a prompt were added.</summary>
    public void Pass() => _batches.Pass();

    /// <summary>Ends the table.</summary>
    /// <param name="people">Prints what people want to see of it; called when nothing else was asked for.</param>
    public void Finish(Action people)
    {
        ResultTable table = _batches.Finish();
        if (!_forPeople)
        {
            _output.Finish();
            return;
        }

        // A report may have been asked for.
        _output.Write(table);
        _output.Finish();
        people();
    }

    /// <inheritdoc/>
    public void Dispose() => _output.Dispose();
}

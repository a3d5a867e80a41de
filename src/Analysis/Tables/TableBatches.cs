using System.Diagnostics.CodeAnalysis;

namespace Interp.Analysis;

/// <summary>Rows on their way to a sink, a batch at a time; without a sink they stay together as one table.</summary>
/// <param name="table">The empty table that rows are gathered in.</param>
/// <param name="sink">Receives batches; null = nobody.</param>
public sealed class TableBatches(ResultTable table, ITableSink? sink)
{
    /// <summary>Rows of a batch: few enough to be small beside a model, many enough that a batch costs nothing by itself.</summary>
    public const int Rows = 1 << 16;

    /// <summary>The rows that are still here: all without a sink, after <see cref="Finish"/> with a sink none.</summary>
    public ResultTable Table => table;

    /// <summary>Adds a row.</summary>
    /// <typeparam name="T">A record that fits the table.</typeparam>
    /// <param name="row">The row.</param>
    public void Add<[DynamicallyAccessedMembers(RecordMembers.Needed)] T>(T row)
    {
        table.AddRow(row);
        Pass();
    }

    /// <summary>Passes a full batch on; to be called after rows were added to <see cref="Table"/> itself.</summary>
    public void Pass()
    {
        if (sink is not null && table.Count >= Rows)
        {
            Finish();
        }
    }

    /// <summary>Passes on what is left.</summary>
    /// <returns><see cref="Table"/>.</returns>
    public ResultTable Finish()
    {
        if (sink is not null)
        {
            sink.Write(table);
            table.Clear();
        }

        return table;
    }
}

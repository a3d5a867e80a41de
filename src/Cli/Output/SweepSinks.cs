using Interp.Analysis;

namespace Interp.Cli;

/// <summary>The rows of a sweep on their way: to where they were asked for, and into the statistics where these are wanted.</summary>
/// <param name="output">Where rows go.</param>
/// <param name="cells">Gathers what the statistics need; null = none are wanted.</param>
internal sealed class SweepSinks(TableOutput output, SweepCellEffects? cells) : ITableSink
{
    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Prompts with rows whose effect is null.</summary>
    public SortedSet<int> Undefined { get; } = [];

    /// <inheritdoc/>
    public void Write(ResultTable rows)
    {
        output.Write(rows);
        cells?.Write(rows);
        Rows += rows.Count;
        if (rows.Float64("effect").NullCount > 0)
        {
            int effect = rows.IndexOf("effect"), prompt = rows.IndexOf("prompt");
            Undefined.UnionWith(rows.Rows.Where(r => r[effect] is null).Select(r => (int)r[prompt]!));
        }
    }
}

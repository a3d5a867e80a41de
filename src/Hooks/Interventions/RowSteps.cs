namespace Interp.Hooks;

/// <summary>Rows of a recorded activation, found by head and position.</summary>
/// <param name="values">The numbers, in the axes of the point; without positions, one row per head for all of them.</param>
/// <param name="kind">The point's kind, which gives the order of the axes.</param>
/// <param name="heads">Size of the head axis; 1 when there is none.</param>
/// <param name="positions">Size of the position axis; null when there is none.</param>
internal sealed class RecordedRows(float[] values, HookKind kind, int heads, int? positions)
{
    private readonly int _width = values.Length / Math.Max(1, heads * (positions ?? 1));

    /// <summary>The row, empty when the position was not recorded.</summary>
    public ReadOnlySpan<float> Row(int head, int position)
    {
        if (positions is int recorded)
        {
            return position < recorded
                ? values.AsSpan(RowLayout.Index(kind, head, position, heads, recorded) * _width, _width)
                : default;
        }

        return values.AsSpan(head * _width, _width);
    }
}

/// <summary>Writes recorded values.</summary>
internal sealed class CopyStep(ResolvedScope scope, RecordedRows rows) : InterventionStep(scope)
{
    /// <inheritdoc/>
    protected override void Edit(Span<float> row, int head, int position, int first, int end, int[]? columns)
    {
        ReadOnlySpan<float> recorded = rows.Row(head, position);
        int last = Math.Min(end, recorded.Length);
        if (columns is null)
        {
            if (first < last)
            {
                recorded[first..last].CopyTo(row[first..]);
            }

            return;
        }

        foreach (int column in columns)
        {
            if (column >= first && column < last)
            {
                row[column] = recorded[column];
            }
        }
    }
}

/// <summary>Writes recorded values of other positions.</summary>
internal sealed class MappedCopyStep(ResolvedScope scope, RecordedRows rows, PositionMap map, bool overSources)
    : InterventionStep(scope)
{
    /// <inheritdoc/>
    protected override void Edit(Span<float> row, int head, int position, int first, int end, int[]? columns)
    {
        if (!map.TryGet(position, out int from))
        {
            return;
        }

        ReadOnlySpan<float> recorded = rows.Row(head, from);
        for (int i = 0; i < (columns?.Length ?? end); i++)
        {
            int column = columns is null ? i : columns[i];
            int source = column;
            if (column >= first && column < end && (!overSources || map.TryGet(column, out source)))
            {
                row[column] = recorded[source];
            }
        }
    }
}

/// <summary>Adds a vector, scaled beforehand.</summary>
internal sealed class AddStep(ResolvedScope scope, RecordedRows rows) : InterventionStep(scope)
{
    /// <inheritdoc/>
    protected override void Edit(Span<float> row, int head, int position, int first, int end, int[]? columns)
    {
        ReadOnlySpan<float> added = rows.Row(head, position);
        for (int i = 0; i < (columns?.Length ?? end); i++)
        {
            int column = columns is null ? i : columns[i];
            row[column] += added[column];
        }
    }
}

namespace Interp.Hooks;

/// <summary>Recorded values of a whole run of one sequence, read row by row: what Patch, Freeze and Ablate share.</summary>
internal static class SourceValues
{
    /// <summary>Checks that values have the point's axes and cover the scoped positions.</summary>
    public static void Validate(Intervention owner, HookMap map, TensorValue values, PositionMap? positions, ScopeCheck check)
    {
        HookRow table = HookTable.Row(owner.Point.Kind);
        if (positions is not null && table.Axes.Contains(HookAxis.SrcPos))
        {
            throw new InvalidInputException(
                $"{owner}: a map of positions cannot be applied to attention scores or patterns; expected prompts of equal length");
        }

        int[] expected = map.Shape(owner.Point, -1, -1);
        bool fits = values.Shape.Count == expected.Length
            && expected.Zip(values.Shape).All(pair => pair.First == -1 || pair.First == pair.Second)
            && (!table.Axes.Contains(HookAxis.SrcPos) || values.Shape[1] == values.Shape[2]);
        if (!fits)
        {
            string shape = string.Join(", ", expected.Select(n => n == -1 ? "pos" : n.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            throw new InvalidInputException(
                $"{owner}: values: expected shape [{shape}], found {TensorValue.Format(values.Shape)}");
        }

        int held = values.Shape[table.PosAxis];
        foreach (int sequence in check.Sequences)
        {
            int length = check.Lengths[sequence];
            int[] wanted = owner.Scope.Positions.Resolve(length) ?? [.. Enumerable.Range(0, length)];
            int[] sources = [.. wanted.Where(p => p < length).Select(p => Source(positions, p))];
            if (sources.Any(p => p >= held) || (positions is not null && positions.SourceOf.Count < length))
            {
                throw new InvalidInputException(
                    $"{owner}: values hold {held} positions, but sequence {sequence} is patched at position "
                    + $"{sources.DefaultIfEmpty(length - 1).Max()}; expected prompts of equal length, or a map of positions");
            }

            if (sources.Length > 0 && sources.All(p => p < 0))
            {
                throw new InvalidInputException($"{owner}: the map of positions has no source for sequence {sequence}, so nothing could fire");
            }
        }
    }

    /// <summary>Copies the row of one head and position; nothing where the source run has none.</summary>
    public static void CopyRow(HookKind kind, TensorValue values, PositionMap? positions, Span<float> row, int head, int position)
    {
        HookRow table = HookTable.Row(kind);
        int source = Source(positions, position);
        int held = values.Shape[table.PosAxis];
        if (source < 0 || source >= held)
        {
            return;
        }

        int heads = table.HeadAxis < 0 ? 1 : values.Shape[table.HeadAxis];
        int width = values.Shape[^1];
        int start = RowLayout.Index(kind, head, source, heads, held) * width;
        values.Values.Slice(start, Math.Min(width, row.Length)).CopyTo(row);
    }

    private static int Source(PositionMap? positions, int position) =>
        positions is null ? position : position < positions.SourceOf.Count ? positions.SourceOf[position] : -1;
}

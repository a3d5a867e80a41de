using Interp.Analysis;
using Plotly.NET;

namespace Interp.Reports;

/// <summary>Heatmaps of sweeps: tables <c>patching</c>, <c>ablation</c>, <c>knockout</c>, and their summaries.</summary>
public static class SweepFigures
{
    private const int Mean = -1;

    /// <summary>
    /// The effects of a sweep at one site, layers by heads, positions or neurons. Where the sweep told apart both heads and positions,
    /// each head shows its strongest position.
    /// </summary>
    /// <param name="table">Table <c>patching</c>, <c>ablation</c> or <c>knockout</c>, or a summary of one.</param>
    /// <param name="site">The site; null = the first.</param>
    /// <param name="prompt">0-based row of the input; null = the mean over prompts.</param>
    /// <param name="tables">Tables that name the tokens of the positions.</param>
    /// <exception cref="InvalidInputException">The table has no such site or prompt.</exception>
    public static GenericChart Heatmap(ResultTable table, string? site = null, int? prompt = null, params IReadOnlyList<ResultTable> tables)
    {
        ArgumentNullException.ThrowIfNull(table);
        bool means = table.Name.EndsWith("_summary", StringComparison.Ordinal);
        IReadOnlyList<SweepGrid> grids = SweepGrid.Read(means ? null : table, means ? table : null, new TokenLabels([table, .. tables]));
        SweepGrid grid = grids.FirstOrDefault(g => site is null || g.Name == site || g.Name.StartsWith(site + ",", StringComparison.Ordinal))
            ?? throw new InvalidInputException(
                $"site '{site}': expected one of table {table.Name} ({string.Join("; ", grids.Select(g => g.Name))})");
        if (prompt is null && grid.Apart)
        {
            throw new InvalidInputException(
                $"site '{grid.Name}': prompts of table {table.Name} differ in length, so that a mean by position would mix positions that do not "
                + "correspond; expected one prompt, or a summary of an aligned sweep");
        }

        return prompt is null || grid.Prompts.Contains(prompt.Value)
            ? Heatmap(grid, prompt ?? Mean, null)
            : throw new InvalidInputException($"prompt {prompt}: table {table.Name} has no rows of it");
    }

    /// <summary>One heatmap of a grid.</summary>
    /// <param name="grid">The grid.</param>
    /// <param name="prompt">The prompt, or -1 for the mean over prompts.</param>
    /// <param name="slice">The slice; null = of all slices, for each cell the one with the largest effect.</param>
    internal static GenericChart Heatmap(SweepGrid grid, int prompt, int? slice)
    {
        bool mean = prompt == Mean, several = mean && grid.N > 1;
        IReadOnlyList<int> prompts = mean ? grid.Prompts : [prompt];
        IReadOnlyList<string> rows = grid.RowLabels, columns = grid.ColumnLabels(prompts);
        var values = new double?[rows.Count][];
        var more = new double?[rows.Count][][];
        var dim = new bool[rows.Count][];
        for (int y = 0; y < rows.Count; y++)
        {
            (values[y], more[y], dim[y]) = (new double?[columns.Count], new double?[columns.Count][], new bool[columns.Count]);
            for (int x = 0; x < columns.Count; x++)
            {
                SweepPlace place = Place(grid, prompt, y, x, slice);
                if (mean)
                {
                    SweepStat stat = grid.Stats.GetValueOrDefault(place);
                    values[y][x] = stat.Mean;
                    more[y][x] = several ? [stat.Low, stat.High, stat.Q, stat.N] : [];
                    dim[y][x] = stat.NotSignificant && stat.Mean is not null;
                }
                else
                {
                    SweepValue? value = grid.Value(prompt, place);
                    values[y][x] = value?.Effect;
                    more[y][x] = [value?.Clean, value?.Corrupted, value?.Patched];
                }
            }
        }

        return new Heatmap
        {
            X = columns,
            Y = rows,
            Values = values,
            XTitle = grid.ColumnTitle,
            YTitle = "layer",
            ValueTitle = several ? "mean effect" : "effect",
            Most = grid.Stats.Values.Select(s => Math.Abs(s.Mean ?? 0)).DefaultIfEmpty(1).Max(),
            More = several || !mean ? more : null,
            MoreNames = several ? ["95 % from", "to", "q", "n"] : mean ? [] : ["clean", "corrupted", "here"],
            Hover = (several, mean) switch
            {
                (true, _) => "<br>95 % from %{customdata[0]:.3~g} to %{customdata[1]:.3~g}<br>q %{customdata[2]:.2~g}, n %{customdata[3]}",
                (_, true) => "",
                _ => $"<br>{Metric(grid)}: clean %{{customdata[0]:.4~g}}, corrupted %{{customdata[1]:.4~g}}, here %{{customdata[2]:.4~g}}",
            },
            Dim = several ? dim : null,
        }.Chart();
    }

    /// <summary>What stands in the hover text, in order.</summary>
    private static string Metric(SweepGrid grid) => VisibleText.ForPlotly(grid.Metric ?? "metric");

    private static SweepPlace Place(SweepGrid grid, int prompt, int row, int column, int? slice) => slice is { } s
        ? new SweepPlace(row, column, s)
        : Enumerable.Range(0, grid.Slices).Select(i => new SweepPlace(row, column, i))
            .MaxBy(p => Math.Abs((prompt == Mean ? grid.Stats.GetValueOrDefault(p).Mean : grid.Value(prompt, p)?.Effect) ?? 0));
}

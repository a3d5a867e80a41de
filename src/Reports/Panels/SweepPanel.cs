using System.Globalization;
using Interp.Analysis;

namespace Interp.Reports;

/// <summary>Patching, ablation, knockout: what changes when one place of the model is changed.</summary>
internal static class SweepPanel
{
    private const double Share = 0.3;

    private static readonly (string Table, string Title, string What)[] Sweeps =
    [
        ("patching", "Activation patching", "one place at a time takes its value from the other prompt's run; effect 1 = the metric becomes that of the other run, 0 = nothing changed"),
        ("ablation", "Ablation", "one place at a time is ablated in the clean run; effect = change of the metric, in its own units"),
        ("knockout", "Attention knockout", "one attention edge at a time is cut; effect = change of the metric, in its own units"),
    ];

    public static Panel? Create(ReportInput input)
    {
        var found = Sweeps.Where(s => input.Sweep(s.Table).Count > 0).ToArray();
        if (found.Length == 0)
        {
            return null;
        }

        List<string> notes = [];
        List<FigureSet> sets = [];
        List<string> counts = [];
        foreach ((string table, string title, _) in found)
        {
            IReadOnlyList<SweepGrid> grids = input.Sweep(table);
            sets.Add(Fill(input, table, title, grids, Share / found.Length, notes));
            counts.Add($"{title}: {Prompts(grids.Max(g => g.N))}");
        }

        if (sets.Any(s => s.Count > 0) && Missing(input))
        {
            notes.Add("Positions have numbers only: no table of this report names their tokens (a table prompts, lens or flow would).");
        }

        return new Panel("patching", "Patching and ablation", new PanelCaption(
            "The effect of changing one place of the model, by layer and by head or position. " + string.Join(" ", found.Select(f => $"{f.Title}: {f.What}.")),
            "Each cell is a run of its own with that one change. Means over prompts have 95 % bootstrap intervals; q is the p of a "
            + "sign-flip test, adjusted over all cells (Benjamini-Hochberg).",
            string.Join("; ", counts) + ".",
            "Strong colours are places that matter: warm ones raise the metric (or restore it), blue lowers it, pale is no effect. "
            + "Hover, or move with the arrow keys, for numbers; click a cell to keep them and to see the prompts one by one."))
        {
            Parts = sets,
            Notes = notes,
        };
    }

    /// <summary>Number of prompts in words.</summary>
    public static string Prompts(int n) => n == 1 ? "1 prompt" : string.Create(CultureInfo.InvariantCulture, $"{n} prompts");

    private static bool Missing(ReportInput input) => !input.Labels.Prompts.Any()
        && Sweeps.Any(s => input.Table(s.Table) is { } t && new TableReader(t).Uses("pos"));

    private static FigureSet Fill(
        ReportInput input, string table, string title, IReadOnlyList<SweepGrid> grids, double share, List<string> notes)
    {
        var set = new FigureSet(
            table, title, $"Heatmap of effects, table {table}: layers upward, heads or positions across.",
            [new("site", "site"), new("prompt", "prompts"), new("slice", "at", Slider: true)], input.Bytes(share));
        foreach (SweepGrid grid in grids)
        {
            string mean = grid.N == 1 && grid.Prompts.Count == 1
                ? input.Prompt(grid.Prompts[0])
                : $"mean over {Prompts(grid.N)}";
            // Of a single prompt the mean is the prompt; its own figure tells more.
            int[] prompts = [.. grid.Prompts.Count == 1 ? grid.Prompts : grid.Apart ? input.Shown(grid.Prompts) : [-1, .. input.Shown(grid.Prompts)]];
            if (prompts.Length == 1 && grid.Prompts.Count == 0)
            {
                prompts = [-1];
            }

            set.Order(2, Enumerable.Range(-1, grid.Slices + 1).Select(s => At(grid, s < 0 ? null : s)));
            // The coarse views come first: they are the last to be left out.
            foreach (int? slice in Slices(grid))
            {
                foreach (int prompt in prompts)
                {
                    set.Add(
                        () => SweepFigures.Heatmap(grid, prompt, slice), VisibleText.Words(grid.Name), prompt < 0 ? mean : input.Prompt(prompt),
                        At(grid, slice));
                }
            }

            if (grid.Apart)
            {
                notes.Add($"{title}, {VisibleText.Words(grid.Name)}: the prompts differ in length, so that their positions do not correspond by number; means "
                    + "over prompts are shown where a summary made with --align says which belong together.");
            }

            if (grid.Prompts.Count > 1)
            {
                input.NotePrompts(grid.Prompts, notes);
            }
        }

        if (set.LeftOut > 0)
        {
            notes.Add($"{title}: {set.LeftOut} of {set.Count + set.LeftOut} heatmaps were left out to bound the size of this file; "
                + "those shown first are the strongest effect of each cell, then single slices by size of their largest effect.");
        }

        return set;
    }

    private static string At(SweepGrid grid, int? slice) => slice is not { } one
        ? $"strongest {grid.SliceTitle}"
        : grid.Slices == 1 ? "all" : grid.SliceLabel(one, grid.Prompts);

    private static IEnumerable<int?> Slices(SweepGrid grid) => grid.Slices == 1
        ? [0]
        : grid.Stats.GroupBy(s => s.Key.Slice)
            .OrderByDescending(g => g.Max(s => Math.Abs(s.Value.Mean ?? 0))).ThenBy(g => g.Key).Select(g => (int?)g.Key).Prepend(null);
}

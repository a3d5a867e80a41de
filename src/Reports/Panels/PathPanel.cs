using Interp.Analysis;

namespace Interp.Reports;

/// <summary>Paths between parts of the model, and circuits.</summary>
internal static class PathPanel
{
    private const int Most = 16;

    public static Panel? Create(ReportInput input)
    {
        ResultTable? paths = input.Table("paths"), edges = input.Table("edges");
        if (paths is null && edges is null)
        {
            return null;
        }

        List<string> notes = [];
        List<FigureSet> sets = [];
        int prompts = 0;
        foreach (ResultTable table in new[] { paths, edges }.OfType<ResultTable>())
        {
            var data = new PathData(table);
            prompts = Math.Max(prompts, data.Prompts.Count);
            bool linear = data.Paths.Any(p => p.Linear.Count > 0);
            string name = table.Name == "paths" ? "Paths" : "Edges";
            FigureSet bars = new(
                table.Name, $"{name}: measured beside linear", "Bars of the strongest paths.", [new("prompt", "prompts")], input.Bytes(0.03));
            FigureSet matrix = new(
                table.Name + "-matrix", $"{name}: senders to receivers", "Heatmap of effects, senders by receivers.",
                [new("value", "value"), new("prompt", "prompts")], input.Bytes(0.05));
            FigureSet graph = new(
                table.Name + "-graph", $"{name} through the model", "Graph: layers upward, heads across, paths as wide as their effect.",
                [new("prompt", "prompts")], input.Bytes(0.05));
            foreach (int? prompt in data.Prompts.Count == 1 ? [data.Prompts[0]] : input.Shown(data.Prompts).Select(p => (int?)p).Prepend(null))
            {
                string at = prompt is { } one ? input.Prompt(one) : $"mean over {SweepPanel.Prompts(data.Prompts.Count)}";
                bars.Add(() => PathFigures.Bars(table, prompt, Most), at);
                graph.Add(() => PathFigures.Graph(table, prompt), at);
                matrix.Add(() => PathFigures.Matrix(table, linear: false, prompt), "measured", at);
                if (linear)
                {
                    matrix.Add(() => PathFigures.Matrix(table, linear: true, prompt), "linear estimate", at);
                }
            }

            Note(input, table, data, notes);
            sets.AddRange([bars, graph, matrix]);
        }

        return new Panel("paths", "Paths", new PanelCaption(
            "How much of a part's effect goes from a sender through a receiver, and through nothing else.",
            "Path patching (Wang et al. 2022): the sender's value of the other run reaches the receiver alone. measured: what arrives goes through "
            + "the model as it is. linear estimate: heads, FFNs and norms on the way keep their values, so that it is linear in what is sent.",
            SweepPanel.Prompts(prompts) + ".",
            "Long bars and wide lines are the wires of the circuit. Where the two bars of a pair differ, what happens on the way is not linear, and "
            + "estimates of this kind cannot be trusted there."))
        {
            Parts = sets,
            Notes = notes,
        };
    }

    private static void Note(ReportInput input, ResultTable table, PathData data, List<string> notes)
    {
        input.NotePrompts(data.Prompts, notes);
        notes.Add($"The bars are the strongest of {data.Paths.Count} paths of table {table.Name}, at most {Most}, without those below a ten-thousandth "
            + "of the largest; the heatmap has all of them.");

        int sets = data.Paths.Count(p => p.From.Contains('+', StringComparison.Ordinal) || p.To.Contains('+', StringComparison.Ordinal));
        if (sets > 0)
        {
            notes.Add($"{sets} paths have sets of several senders or receivers, which have no place in the graph.");
        }
    }
}

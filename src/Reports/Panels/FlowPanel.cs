using System.Globalization;
using Interp.Analysis;

namespace Interp.Reports;

/// <summary>Information flow between tokens.</summary>
internal static class FlowPanel
{
    public static Panel? Create(ReportInput input)
    {
        FlowData? data = input.Flow();
        ResultTable? agreement = input.Table("flow_agreement"), routes = input.Table("flow_edges"), mixing = input.Table("mixing");
        if (data is null && agreement is null && routes is null && mixing is null)
        {
            return null;
        }

        List<string> notes = [];
        List<PanelPart> parts = [];
        int prompts = 0;
        if (data is not null)
        {
            prompts = data.Series(heads: false).Select(s => s.Prompt).Distinct().Count();
            parts.AddRange(Figures(input, data, notes));
        }

        parts.AddRange(new[] { Routes(input, routes, notes), Summary(input, mixing) }.OfType<FigureSet>());
        if (agreement is not null)
        {
            var set = new FigureSet(
                "agreement", "How well the measures agree with the knockout", "Bars of rank correlation and top overlap, by measure.", [],
                input.Bytes(0.02));
            set.Add(() => FlowFigures.Agreement(agreement));
            parts.Add(set);
        }

        parts.RemoveAll(p => p is FigureSet { Count: 0 });
        return parts.Count == 0 ? null : new Panel("flow", "Information flow", new PanelCaption(
            "How information moves from the tokens of the prompt to its prediction, layer by layer.",
            "A measure says how much each position's attention took from each source. In the graph, what the last position holds at the top is handed "
            + "down through these maps, rows normalised, with what stayed at its position as half of it where a measure leaves that out (Abnar and Zuidema "
            + "2020): the width of an edge is its share of the prediction's stream. A knockout is measured instead: the change of the metric when the edge "
            + "is cut in all heads.",
            prompts > 0 ? $"{SweepPanel.Prompts(prompts)}, one at a time." : "All prompts of the table.",
            "Blue edges move information between positions, grey ones keep it where it is. Raise the threshold until only the main road is left; "
            + "compare measures, and trust those that agree with the knockout."))
        {
            Parts = parts,
            Notes = notes,
        };
    }

    private static FigureSet? Routes(ReportInput input, ResultTable? table, List<string> notes)
    {
        if (table is null)
        {
            return null;
        }

        var set = new FigureSet(
            "routes", "Routes", "Layered graph: positions across, layers upward, edges as wide as their importance.", [new("prompt", "prompt")],
            input.Bytes(0.05));
        foreach (int prompt in input.Shown([.. table.Values("prompt").OfType<int>().Distinct().Order()]))
        {
            if (FlowGraph.OfRoutes(table, prompt) is { } graph)
            {
                set.Add(() => FlowFigures.Graph(graph, input.Labels, prompt), input.Prompt(prompt));
            }
        }

        notes.Add("Routes (Ferrando and Voita 2024) are edges whose importance, the share of what is read, is above a threshold; heads of a layer are taken "
            + "together and FFNs left out here, table flow_edges has them.");
        return set;
    }

    private static FigureSet? Summary(ReportInput input, ResultTable? table)
    {
        if (table is null)
        {
            return null;
        }

        var set = new FigureSet(
            "mixing-summary", "What each layer does to a token", "Heatmap of the mixing summary, layers upward, positions across.",
            [new("value", "value"), new("measure", "measure"), new("prompt", "prompt")], input.Bytes(0.08));
        foreach (int prompt in input.Shown([.. table.Values("prompt").OfType<int>().Distinct().Order()]))
        {
            foreach (string measure in table.Values("measure").OfType<string>().Distinct())
            {
                foreach (Column column in table.Columns.Where(c => c.Type == ColumnType.Float64 && table.Values(c.Name).Any(v => v is not null)))
                {
                    set.Add(
                        () => FlowFigures.Summary(table, column.Name, prompt, measure), column.Name.Replace('_', ' '), VisibleText.Of(measure),
                        input.Prompt(prompt));
                }
            }
        }

        return set;
    }

    private static IEnumerable<PanelPart> Figures(ReportInput input, FlowData data, List<string> notes)
    {
        IReadOnlyList<(int Prompt, string Measure)> series = data.Series(heads: false);
        int[] prompts = [.. series.Select(s => s.Prompt).Distinct().Order()];
        HashSet<int> shown = [.. input.Shown(prompts)];
        // All layers are the coarse view: they come before any single layer, so that those are left out first.
        var graph = new FigureSet(
            "flow", "From the tokens to the prediction", "Layered graph: positions across, layers upward, edges as wide as the flow along them.",
            [new("measure", "measure"), new("prompt", "prompt")], input.Bytes(0.15));
        var mixing = new FigureSet(
            "mixing", "Who takes from whom", "Heatmap of a measure, destinations by sources.",
            [new("measure", "measure"), new("prompt", "prompt"), new("layer", "layer", Slider: true)], input.Bytes(0.2));
        bool raw = false, rolled = false;
        int most = 0;
        foreach ((int prompt, string measure) in series.Where(s => shown.Contains(s.Prompt)))
        {
            IReadOnlyList<FlowMap> layers = data.Layers(prompt, measure);
            if (data.LeadsToInput(measure))
            {
                rolled = true;
            }
            else
            {
                var edges = new FlowGraph(layers, measure);
                raw |= !edges.Shares && measure != "knockout";
                most = Math.Max(most, edges.Edges.Count);
                graph.Add(() => FlowFigures.Graph(edges, input.Labels, prompt), VisibleText.Of(measure), input.Prompt(prompt));
            }

            mixing.Add(
                () => FlowFigures.Mixing(layers, input.Labels, prompt, measure, null), VisibleText.Of(measure), input.Prompt(prompt), Whole(layers));
        }

        foreach ((int prompt, string measure) in series.Where(s => shown.Contains(s.Prompt)))
        {
            IReadOnlyList<FlowMap> layers = data.Layers(prompt, measure);
            for (int layer = 0; Whole(layers) != Every && layer < layers.Count; layer++)
            {
                mixing.Add(
                    () => FlowFigures.Mixing(layers, input.Labels, prompt, measure, layer), VisibleText.Of(measure), input.Prompt(prompt),
                    string.Create(CultureInfo.InvariantCulture, $"L{layer}"));
            }
        }

        input.NotePrompts(prompts, notes);
        if (data.Maps.Values.Any(m => m.Positions > FlowFigures.LongPrompt))
        {
            notes.Add("Heatmaps of long prompts have their strongest colour at the value that one cell in 500 passes.");
        }

        if (most > FlowFigures.MostEdges)
        {
            notes.Add($"The graph has the {FlowFigures.MostEdges} widest of up to {most} edges.");
        }

        if (raw)
        {
            notes.Add("For some measures rows of some positions are missing, so their edges are as wide as the measure itself, not as a share of the "
                + "prediction; `interp flow` with all positions gives shares.");
        }

        if (rolled)
        {
            notes.Add("Maps that lead from each layer to the tokens of the input (rollout, attention flow, DecompX) have a heatmap and no graph.");
        }

        if (mixing.LeftOut + graph.LeftOut > 0)
        {
            notes.Add($"{mixing.LeftOut + graph.LeftOut} heatmaps of single layers were left out to bound the size of this file; the mean over layers is there.");
        }

        return series.Count == 0 ? [] : [graph, mixing];
    }

    private const string Every = "all layers";

    private static string Whole(IReadOnlyList<FlowMap> layers) =>
        layers.SelectMany(l => l.Destinations).Distinct().Count() == 1 ? Every : "mean over layers";
}

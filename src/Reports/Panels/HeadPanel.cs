using Interp.Analysis;

namespace Interp.Reports;

/// <summary>Scores and composition of heads.</summary>
internal static class HeadPanel
{
    public static Panel? Create(ReportInput input)
    {
        List<FigureSet> sets = [];
        List<string> notes = [];
        if (input.Table("heads") is { } heads)
        {
            var set = new FigureSet("scores", "Scores of heads", "Heatmap of scores, layers by heads.", [new("score", "score")], input.Bytes(0.05));
            foreach (string score in HeadFigures.Names(heads, "score_name"))
            {
                set.Add(() => HeadFigures.Scores(heads, score), VisibleText.Words(score).Replace('_', ' '));
            }

            sets.Add(set);
        }

        if (input.Table("composition") is { } composition)
        {
            var set = new FigureSet(
                "composition", "Which heads read which", "Heatmap of composition scores, writers by readers.", [new("input", "read through")],
                input.Bytes(0.1));
            foreach (string name in HeadFigures.Names(composition, "input"))
            {
                set.Add(() => HeadFigures.Composition(composition, name), VisibleText.Words(name));
            }

            if (set.LeftOut > 0)
            {
                notes.Add($"{set.LeftOut} heatmaps of composition were left out to bound the size of this file.");
            }

            sets.Add(set);
        }

        return sets.Count == 0 ? null : new Panel("scores", "Heads by themselves", new PanelCaption(
            "What heads do on tokens without meaning, and how their weights fit together.",
            "Scores: attention of each head on random tokens that repeat, to the previous token, to an earlier occurrence, to what followed it "
            + "(Olsson et al. 2022). Composition: the norm of a writer's output circuit through a reader's input, over the product of the norms (Elhage et al. 2021).",
            "No prompts of the data: random tokens, and the weights.",
            "A head with a high score is a candidate for that role; whether it plays it in a task, patching tells."))
        {
            Parts = sets,
            Notes = notes,
        };
    }
}

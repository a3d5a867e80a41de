using System.Globalization;
using Interp.Analysis;

namespace Interp.Reports;

/// <summary>Attention patterns of single heads.</summary>
internal static class AttentionPanel
{
    private static readonly (AttentionLook Look, string Name)[] Looks =
    [
        (AttentionLook.Elsewhere, "largest share, neither first nor own position"), (AttentionLook.Sharpest, "largest share"),
        (AttentionLook.Previous, "share of the previous position"), (AttentionLook.Own, "share of the own position"),
        (AttentionLook.First, "share of the first position"),
    ];

    public static Panel? Create(ReportInput input)
    {
        if (input.Flow() is not { } data)
        {
            return null;
        }

        IReadOnlyList<(int Prompt, string Measure)> series = data.Series(heads: true);
        return new Panel("attention", "Attention patterns", new PanelCaption(
            "Where each head looks: for every destination (row) how much it takes from every source (column).",
            "attention: the head's own weights, rows sum to 1. value-norm: weights times the norm of what is moved by them (Kobayashi et al. 2020), "
            + "which takes weight off positions whose values are small.",
            $"{SweepPanel.Prompts(series.Select(s => s.Prompt).Distinct().Count())}, one at a time.",
            "Choose a head by its picture, or by a click into the overview. Point at a token of the text to see where its row looks; "
            + "weight on the first position is often a head at rest."))
        {
            Parts = series.Count > 0 ? Figures(input, data, series, out List<string> notes) : Hint(out notes),
            Notes = notes,
        };
    }

    private static PanelPart[] Hint(out List<string> notes)
    {
        notes = [];
        return
        [
            new RemarkPart(
                "The flow table of this report has no rows of single heads. `interp flow --by head --measure attention,value-norm` with --pos for all "
                + "positions gives them."),
        ];
    }

    private static PanelPart[] Figures(
        ReportInput input, FlowData data, IReadOnlyList<(int Prompt, string Measure)> series, out List<string> notes)
    {
        notes = [];
        var overview = new FigureSet(
            "heads", "All heads at a glance", "Heatmap, layers by heads: where each head looks, mean over destinations.",
            [new("look", "coloured by"), new("measure", "measure"), new("prompt", "prompt")], input.Bytes(0.05))
        {
            Click = ("patterns", "head"),
        };
        var patterns = new FigureSet(
            "patterns", "One head", "Heatmap of a head's pattern, destinations by sources.",
            [new("measure", "measure"), new("prompt", "prompt"), new("head", "head")], input.Bytes(0.35))
        {
            Gallery = "head",
        };
        int[] prompts = [.. series.Select(s => s.Prompt).Distinct().Order()];
        HashSet<int> shown = [.. input.Shown(prompts)];
        foreach ((int prompt, string measure) in series.Where(s => shown.Contains(s.Prompt)))
        {
            foreach ((AttentionLook look, string name) in Looks)
            {
                overview.Add(() => AttentionFigures.Heads(data, look, prompt, measure), name, VisibleText.Of(measure), input.Prompt(prompt));
            }

            patterns.Tokens[input.Prompt(prompt)] = Tokens(input, data, prompt, measure);
        }

        // The heads that look most sharply somewhere are the last to be left out; all measures of a head stay together.
        var heads = data.Maps.Where(m => m.Key.Head >= 0 && shown.Contains(m.Key.Prompt)).GroupBy(m => (m.Key.Prompt, m.Key.Layer, m.Key.Head))
            .OrderByDescending(g => g.Max(m => AttentionFigures.Score(m.Value, AttentionLook.Elsewhere) ?? 0))
            .ThenBy(g => g.Key.Prompt).ThenBy(g => g.Key.Layer).ThenBy(g => g.Key.Head).ToArray();
        patterns.Order(2, heads.Select(h => (h.Key.Layer, h.Key.Head)).Distinct().Order().Select(h => Name(h.Layer, h.Head)));
        HashSet<(int, int, int)> kept = [];
        foreach (var head in heads)
        {
            foreach ((FlowKey key, FlowMap map) in head)
            {
                if (patterns.Add(
                    () => AttentionFigures.Pattern(map, input.Labels, key.Prompt, key.Measure), VisibleText.Of(key.Measure), input.Prompt(key.Prompt),
                    Name(key.Layer, key.Head)))
                {
                    kept.Add(head.Key);
                }
            }
        }

        input.NotePrompts(prompts, notes);
        if (kept.Count < heads.Length)
        {
            notes.Add($"The patterns of {kept.Count} of {heads.Length} heads are in this file, to bound its size: those that look most sharply at a "
                + "position that is neither the first nor their own. The overview has all of them.");
        }

        return [overview, patterns];
    }

    private static string Name(int layer, int head) => string.Create(CultureInfo.InvariantCulture, $"L{layer}H{head}");

    private static string[] Tokens(ReportInput input, FlowData data, int prompt, string measure)
    {
        int n = data.Maps.First(m => m.Key.Prompt == prompt && m.Key.Measure == measure && m.Key.Head >= 0).Value.Positions;
        return [.. Enumerable.Range(0, n).Select(p => input.Labels.Token(prompt, p) is { } token
            ? VisibleText.Of(token)
            : p.ToString(CultureInfo.InvariantCulture))];
    }
}

namespace Interp.Reports;

/// <summary>Direct attribution and the ledger.</summary>
internal static class AttributionPanel
{
    public static Panel? Create(ReportInput input)
    {
        if (input.Table("components") is not { } table)
        {
            return null;
        }

        var ledger = new LedgerParts(table);
        List<string> notes = [];
        var bars = new FigureSet(
            "attribution", "Largest direct contributions", "Bars of the writes that add most to the metric, largest at the top.",
            [new("prompt", "prompts")], input.Bytes(0.05));
        var heads = new FigureSet(
            "attribution-heads", "Contribution of every head", "Heatmap of direct contributions, layers by heads.", [new("prompt", "prompts")],
            input.Bytes(0.05));
        var waterfall = new FigureSet(
            "waterfall", "The ledger, adding up", "Waterfall from 0 to the metric, write by write.", [new("steps", "steps"), new("prompt", "prompts")],
            input.Bytes(0.05));
        bool hasHeads = ledger.Parts.Any(p => p is { Layer: not null, Head: not null });
        foreach (int? prompt in Prompts(input, ledger))
        {
            string name = prompt is { } one ? input.Prompt(one) : $"mean over {SweepPanel.Prompts(ledger.Prompts.Count)}";
            bars.Add(() => AttributionFigures.Bars(ledger, prompt, 20), name);
            waterfall.Add(() => AttributionFigures.Waterfall(ledger, prompt, byLayer: false), "largest writes", name);
            waterfall.Add(() => AttributionFigures.Waterfall(ledger, prompt, byLayer: true), "layer by layer", name);
            if (hasHeads)
            {
                heads.Add(() => AttributionFigures.Heads(ledger, prompt), name);
            }
        }

        input.NotePrompts(ledger.Prompts, notes);
        if (ledger.LeftOut > 0)
        {
            notes.Add($"{ledger.LeftOut} rows of positions other than the last of each prompt are not shown.");
        }

        notes.Add($"The bars are the largest of {ledger.Parts.Count} writes, at most 20, without those below a ten-thousandth of the largest; the "
            + "waterfall sums up all of them.");

        return new Panel("attribution", "Direct attribution", new PanelCaption(
            "What each write to the residual stream adds directly to the metric at the last position.",
            "The metric is a sum of the writes' projections on the direction that reads it, with the norms' scales of the run: the parts add up to "
            + "the whole. In the waterfall each bar starts where the one before ended.",
            SweepPanel.Prompts(ledger.Prompts.Count) + (ledger.Prompts.Count > 1 ? "; lines at the bars are 95 % bootstrap intervals." : "."),
            "Long bars wrote the answer (or against it). A part with a short bar may still matter: through what later parts read of it. "
            + "The waterfall's last bar is the sum; the dotted line is what the run itself gave."))
        {
            Parts = hasHeads ? [bars, heads, waterfall] : [bars, waterfall],
            Notes = notes,
        };
    }

    private static IEnumerable<int?> Prompts(ReportInput input, LedgerParts ledger) => ledger.Prompts.Count == 1
        ? [ledger.Prompts[0]]
        : input.Shown(ledger.Prompts).Select(p => (int?)p).Prepend(null);
}

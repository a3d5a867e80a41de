using System.Globalization;

namespace Interp.Reports;

/// <summary>The logit lens.</summary>
internal static class LensPanel
{
    private static readonly (LensValue Value, string Name)[] Values =
    [
        (LensValue.Probability, "probability of the target"), (LensValue.Rank, "rank of the target"), (LensValue.Entropy, "entropy"),
        (LensValue.Divergence, "divergence from the end"),
    ];

    public static Panel? Create(ReportInput input)
    {
        if (input.Table("lens") is not { } table)
        {
            return null;
        }

        var data = new LensData(table);
        List<string> notes = [];
        var set = new FigureSet(
            "lens", "What the stream says, layer by layer", "Heatmap of most likely tokens, layers upward, positions across.",
            [new("site", "site"), new("value", "coloured by"), new("prompt", "prompt"), new("window", "positions", Slider: true)], input.Bytes(0.15));
        foreach (int prompt in input.Shown(data.Prompts))
        {
            foreach (string site in data.Sites.Where(s => data.Rows(prompt, s).Count > 0))
            {
                foreach ((LensValue value, string name) in Values)
                {
                    foreach ((int from, int to, string window) in Windows(data, prompt, site, value))
                    {
                        set.Add(() => LensFigures.Table(data, prompt, site, value, from, to), VisibleText.Of(site), name, input.Prompt(prompt), window);
                    }
                }
            }
        }

        input.NotePrompts(data.Prompts, notes);
        if (set.LeftOut > 0)
        {
            notes.Add($"{set.LeftOut} of {set.Count + set.LeftOut} figures were left out to bound the size of this file.");
        }

        if (data.LeftOut > 0)
        {
            notes.Add("Rows of single heads are shown at the last position of each prompt.");
        }

        string?[] targets = [.. data.Prompts.SelectMany(p => data.Sites.SelectMany(s => data.Rows(p, s))).Select(c => c.Target).Distinct().Take(2)];
        return new Panel("lens", "Logit lens", new PanelCaption(
            "The most likely next token if the model stopped at each layer and position; the colour is a number of the target token"
            + (targets is [{ } target] ? $" '{VisibleText.Of(target)}'." : ", that of each prompt."),
            "The stream that enters a layer (or, for another site, what a part writes) goes through the last norm and the unembedding, as if it were "
            + "the top (nostalgebraist 2020). The row `top` is the model's own prediction.",
            $"{SweepPanel.Prompts(data.Prompts.Count)}, one at a time.",
            "Where, going up, does the answer appear, and does it stay? Low layers are often far from words: their readings are guesses of the lens, "
            + "not of the model."))
        {
            Parts = [set],
            Notes = notes,
        };
    }

    // Of a long prompt all positions come first, without words in the cells; then windows that have room for them.
    private static IEnumerable<(int From, int To, string Name)> Windows(LensData data, int prompt, string site, LensValue value)
    {
        int n = data.Rows(prompt, site).Max(c => c.Column) + 1;
        yield return (0, n, "all");
        for (int from = 0; n > LensFigures.MostWritten && value == LensValue.Probability && from < n; from += LensFigures.MostWritten)
        {
            int to = Math.Min(n, from + LensFigures.MostWritten);
            if (data.Rows(prompt, site).Any(c => c.Column >= from && c.Column < to))
            {
                yield return (from, to, string.Create(CultureInfo.InvariantCulture, $"{from} to {to - 1}"));
            }
        }
    }
}

using Interp.Analysis;

namespace Interp.Reports;

/// <summary>One write of the ledger, over prompts.</summary>
/// <param name="Label">Its name.</param>
/// <param name="Kind">Its class.</param>
/// <param name="Layer">0-based layer, or null outside the blocks.</param>
/// <param name="Head">0-based head, or null.</param>
/// <param name="Values">Direct contribution to the metric, in prompts in which it occurs.</param>
internal sealed record LedgerPart(string Label, string Kind, int? Layer, int? Head, Dictionary<int, double> Values)
{
    /// <summary>Its contribution in one prompt, or the mean over all prompts of the table.</summary>
    public double Value(IReadOnlyList<int> prompts) => prompts.Sum(p => Values.GetValueOrDefault(p)) / prompts.Count;
}

/// <summary>Table <c>components</c>, at one position of each prompt: the parts of the metric, and the metric itself.</summary>
internal sealed class LedgerParts
{
    private readonly Dictionary<int, double> _actual = [];
    private readonly List<LedgerPart> _parts = [];

    public LedgerParts(ResultTable table)
    {
        var reader = new TableReader(table);
        Dictionary<int, int> last = [];
        foreach (IReadOnlyList<object?> row in reader.Rows)
        {
            int prompt = reader.Int(row, "prompt") ?? 0, at = reader.Int(row, "pos") ?? 0;
            last[prompt] = Math.Max(last.GetValueOrDefault(prompt, at), at);
        }

        Dictionary<string, LedgerPart> known = new(StringComparer.Ordinal);
        foreach (IReadOnlyList<object?> row in reader.Rows)
        {
            int prompt = reader.Int(row, "prompt") ?? 0;
            if ((reader.Int(row, "pos") ?? 0) != last[prompt])
            {
                LeftOut++;
                continue;
            }

            Read(reader, row, prompt, known);
        }

        Prompts = [.. last.Keys.Order()];
    }

    /// <summary>The prompts.</summary>
    public IReadOnlyList<int> Prompts { get; }

    /// <summary>The writes, in the order of the ledger.</summary>
    public IReadOnlyList<LedgerPart> Parts => _parts;

    /// <summary>Rows of positions other than the last of each prompt.</summary>
    public int LeftOut { get; private set; }

    /// <summary>The metric of the run, mean over prompts; null where the table does not close its ledger.</summary>
    public double? Actual(IReadOnlyList<int> prompts) =>
        prompts.All(_actual.ContainsKey) ? prompts.Sum(p => _actual[p]) / prompts.Count : null;

    private void Read(TableReader reader, IReadOnlyList<object?> row, int prompt, Dictionary<string, LedgerPart> known)
    {
        string kind = reader.Text(row, "kind") ?? "";
        double dla = reader.Number(row, "dla") ?? 0;
        if (kind is "sum" or "actual" or "error")
        {
            if (kind == "actual")
            {
                _actual[prompt] = dla;
            }

            return;
        }

        string name = reader.Text(row, "component") ?? "?";
        string label = reader.Int(row, "src_pos") is { } source
            ? $"{name} ← {TokenLabels.Position(source, reader.Text(row, "src_token"))}"
            : VisibleText.ForPlotly(name);
        if (!known.TryGetValue(label, out LedgerPart? part))
        {
            known[label] = part = new LedgerPart(label, kind, reader.Int(row, "layer"), reader.Int(row, "head"), []);
            _parts.Add(part);
        }

        part.Values[prompt] = part.Values.GetValueOrDefault(prompt) + dla;
    }
}

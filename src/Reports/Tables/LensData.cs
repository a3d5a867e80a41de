using System.Globalization;
using Interp.Analysis;

namespace Interp.Reports;

/// <summary>A cell of a lens.</summary>
internal readonly record struct LensCell(
    int Layer, int Column, string? Token, string? Target, string? Top, double? Probability, double? Rank, double? Entropy, double? Divergence,
    double? Logit);

/// <summary>Table <c>lens</c> by prompt and site. Rows of single heads are kept at the last position of each prompt.</summary>
internal sealed class LensData
{
    /// <summary>The stream that enters layers, and, under the name of another site, the top of it.</summary>
    private const string Stream = "resid_pre", Top = "resid_post";

    private readonly Dictionary<(int Prompt, string Site), List<LensCell>> _cells = [];
    private readonly HashSet<string> _heads = [];
    private readonly int _top = -1;

    public LensData(ResultTable table)
    {
        var reader = new TableReader(table);
        // The top of the stream is one row over the highest layer's entry.
        bool both = reader.Rows.Any(r => reader.Text(r, "site") == Stream);
        Dictionary<int, int> last = [];
        foreach (IReadOnlyList<object?> row in reader.Rows)
        {
            int prompt = reader.Int(row, "prompt") ?? 0;
            last[prompt] = Math.Max(last.GetValueOrDefault(prompt), reader.Int(row, "pos") ?? 0);
        }

        foreach (IReadOnlyList<object?> row in reader.Rows)
        {
            int prompt = reader.Int(row, "prompt") ?? 0, position = reader.Int(row, "pos") ?? 0, layer = reader.Int(row, "layer") ?? 0;
            string site = reader.Text(row, "site") ?? "";
            int? head = reader.Int(row, "head");
            if (head is not null)
            {
                _heads.Add(site);
                if (position != last[prompt])
                {
                    LeftOut++;
                    continue;
                }
            }

            if (both && site == Top)
            {
                (site, layer) = (Stream, layer + 1);
                _top = Math.Max(_top, layer);
            }

            if (!_cells.TryGetValue((prompt, site), out List<LensCell>? cells))
            {
                _cells[(prompt, site)] = cells = [];
            }

            cells.Add(new LensCell(
                layer, head ?? position, reader.Text(row, "token"), reader.Text(row, "target"), reader.Text(row, "top_token"),
                reader.Number(row, "prob"), reader.Number(row, "rank"), reader.Number(row, "entropy"), reader.Number(row, "kl_to_final"),
                reader.Number(row, "logit")));
        }
    }

    /// <summary>Rows of heads at other positions than the last.</summary>
    public int LeftOut { get; }

    /// <summary>The sites.</summary>
    public IReadOnlyList<string> Sites => [.. _cells.Keys.Select(k => k.Site).Distinct()];

    /// <summary>The prompts.</summary>
    public IReadOnlyList<int> Prompts => [.. _cells.Keys.Select(k => k.Prompt).Distinct().Order()];

    /// <summary>Whether the columns of a site are heads.</summary>
    public bool HasHeads(string site) => _heads.Contains(site);

    /// <summary>The cells of a prompt and site; none where there are none.</summary>
    public IReadOnlyList<LensCell> Rows(int prompt, string site) => _cells.TryGetValue((prompt, site), out List<LensCell>? cells) ? cells : [];

    /// <summary>Label of a row.</summary>
    public string RowLabel(string site, int layer) => site == Stream && layer == _top
        ? "top"
        : string.Create(CultureInfo.InvariantCulture, $"L{layer}");
}

using System.Globalization;
using Interp.Analysis;
using Plotly.NET;

namespace Interp.Reports;

/// <summary>The logit lens: table <c>lens</c>, tokens by layer and position.</summary>
public static class LensFigures
{
    /// <summary>Up to how many positions tokens are written into the cells.</summary>
    public const int MostWritten = 24;

    /// <summary>
    /// The most likely token of each layer and position, coloured by a number. Of a site that has heads, heads stand instead of positions.
    /// </summary>
    /// <param name="lens">Table <c>lens</c>.</param>
    /// <param name="prompt">0-based row of the input.</param>
    /// <param name="site">A site of the table; null = the first.</param>
    /// <param name="value">What colours the cells.</param>
    /// <exception cref="InvalidInputException">The table has no such rows.</exception>
    public static GenericChart Table(ResultTable lens, int prompt = 0, string? site = null, LensValue value = LensValue.Probability)
    {
        ArgumentNullException.ThrowIfNull(lens);
        LensData data = new(lens);
        string wanted = site ?? data.Sites[0];
        return data.Sites.Contains(wanted) && data.Rows(prompt, wanted).Count > 0
            ? Table(data, prompt, wanted, value, 0, int.MaxValue)
            : throw new InvalidInputException($"prompt {prompt}, site '{wanted}': table {lens.Name} has no rows of it");
    }

    internal static GenericChart Table(LensData data, int prompt, string site, LensValue value, int from, int to)
    {
        IReadOnlyList<LensCell> cells = [.. data.Rows(prompt, site).Where(c => c.Column >= from && c.Column < to)];
        int[] columns = [.. cells.Select(c => c.Column).Distinct().Order()], rows = [.. cells.Select(c => c.Layer).Distinct().Order()];
        Dictionary<int, int> column = columns.Select((c, i) => (c, i)).ToDictionary(c => c.c, c => c.i);
        Dictionary<int, int> row = rows.Select((r, i) => (r, i)).ToDictionary(r => r.r, r => r.i);
        bool heads = data.HasHeads(site);
        var values = Cells<double?>(rows.Length, columns.Length);
        double?[][][] more = [.. values.Select(r => r.Select(_ => new double?[5]).ToArray())];
        string[][] texts = Cells<string>(rows.Length, columns.Length);
        string?[] names = new string?[columns.Length];
        foreach (LensCell cell in cells)
        {
            (int y, int x) = (row[cell.Layer], column[cell.Column]);
            more[y][x] = [cell.Probability, cell.Rank, cell.Entropy, cell.Divergence, cell.Logit];
            values[y][x] = value switch
            {
                LensValue.Rank => cell.Rank is { } rank ? Math.Log10(rank + 1) : null,
                LensValue.Entropy => cell.Entropy,
                LensValue.Divergence => cell.Divergence,
                _ => cell.Probability,
            };
            texts[y][x] = VisibleText.Label(cell.Top);
            names[x] = heads
                ? string.Create(CultureInfo.InvariantCulture, $"H{cell.Column}")
                : TokenLabels.Position(cell.Column, cell.Token);
        }

        return new Heatmap
        {
            X = names!,
            Y = [.. rows.Select(l => data.RowLabel(site, l))],
            Values = values,
            XTitle = heads ? "head" : "position",
            YTitle = "layer",
            ValueTitle = Title(value),
            Scale = Palette.Sequential,
            Most = value == LensValue.Probability ? 1 : null,
            More = more,
            Text = texts,
            ShowText = columns.Length <= MostWritten,
            MoreNames = ["probability", "rank", "entropy", "KL to the end", "logit"],
            Hover = "<br>most likely: %{text}<br>of the target: probability %{customdata[0]:.3~g}, rank %{customdata[1]}, logit %{customdata[4]:.4~g}"
                + "<br>entropy %{customdata[2]:.3~g}, KL to the end %{customdata[3]:.3~g} nats",
        }.Chart();
    }

    private static T[][] Cells<T>(int rows, int columns) => [.. Enumerable.Range(0, rows).Select(_ => new T[columns])];

    private static string Title(LensValue value) => value switch
    {
        LensValue.Rank => "log10(rank + 1)",
        LensValue.Entropy => "entropy, nats",
        LensValue.Divergence => "KL to the end, nats",
        _ => "probability",
    };
}

/// <summary>What colours the cells of a lens.</summary>
public enum LensValue
{
    /// <summary>Probability of the target token.</summary>
    Probability,

    /// <summary>Rank of the target token, as log10(rank + 1): 0 where it is the most likely.</summary>
    Rank,

    /// <summary>Entropy of the distribution, in nats.</summary>
    Entropy,

    /// <summary>Divergence of the run's own distribution from the lens's, in nats.</summary>
    Divergence,
}

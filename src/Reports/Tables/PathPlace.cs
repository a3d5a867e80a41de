using System.Globalization;
using System.Text.RegularExpressions;

namespace Interp.Reports;

/// <summary>Where a node of the model stands in a drawing: height by layer, heads side by side, the FFN at their right.</summary>
/// <param name="X">Across.</param>
/// <param name="Y">Up.</param>
internal readonly partial record struct PathPlace(double X, double Y)
{
    /// <summary>The node of a name, without the input of it that is read: <c>L1H1.k</c> is <c>L1H1</c>.</summary>
    public static string Node(string name) => name.Split('.')[0];

    /// <summary>Places of the nodes that have names of the model; others (sets of nodes) have none.</summary>
    /// <param name="names">Names such as <c>embed</c>, <c>L0H2</c>, <c>L1H1.k</c>, <c>m3</c>, <c>logits</c>.</param>
    public static Dictionary<string, PathPlace> Of(IEnumerable<string> names)
    {
        Dictionary<string, PathPlace> places = new(StringComparer.Ordinal);
        string[] nodes = [.. names.Select(Node).Distinct()];
        int width = nodes.Select(n => HeadName().Match(n)).Where(m => m.Success).Select(m => Number(m, 2) + 1).DefaultIfEmpty(1).Max();
        int top = nodes.Select(n => LayerName().Match(n)).Where(m => m.Success).Select(m => Number(m, 1)).DefaultIfEmpty(0).Max();
        foreach (string node in nodes)
        {
            if (HeadName().Match(node) is { Success: true } head)
            {
                places[node] = new PathPlace(Number(head, 2), Number(head, 1));
            }
            else if (FfnName().Match(node) is { Success: true } ffn)
            {
                places[node] = new PathPlace(width, Number(ffn, 1) + 0.35);
            }
            else if (node is "embed" or "input")
            {
                places[node] = new PathPlace((width - 1) / 2.0, -1);
            }
            else if (node is "logits" or "output")
            {
                places[node] = new PathPlace((width - 1) / 2.0, top + 1);
            }
        }

        return places;
    }

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^L(\d{1,4})H(\d{1,4})$")]
    private static partial Regex HeadName();

    [GeneratedRegex(@"^m(\d{1,4})$")]
    private static partial Regex FfnName();

    [GeneratedRegex(@"^[Lm](\d{1,4})")]
    private static partial Regex LayerName();
}

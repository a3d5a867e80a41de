using Interp.Analysis;

namespace Interp.Reports;

/// <summary>A path over prompts.</summary>
/// <param name="From">Its senders.</param>
/// <param name="To">Its receivers.</param>
/// <param name="Exact">Effects measured, one per prompt.</param>
/// <param name="Linear">Linear estimates, one per prompt; empty where the table has none.</param>
internal sealed record PathEffects(string From, string To, List<double> Exact, List<double> Linear)
{
    /// <summary>Mean measured effect.</summary>
    public double? Effect => Exact.Count > 0 ? Exact.Average() : null;

    /// <summary>Mean estimate.</summary>
    public double? Estimate => Linear.Count > 0 ? Linear.Average() : null;

    /// <summary>What is known of it: the measured effect, else the estimate.</summary>
    public double? Value => Effect ?? Estimate;
}

/// <summary>Paths and edges: tables <c>paths</c> (src, dst, effect, linear_effect) and <c>edges</c> (src, dst, dst_input, score).</summary>
internal sealed class PathData
{
    private readonly List<PathEffects> _paths = [];

    public PathData(ResultTable table, int? prompt = null)
    {
        var reader = new TableReader(table);
        Dictionary<(string, string), PathEffects> known = [];
        HashSet<int> prompts = [];
        foreach (IReadOnlyList<object?> row in reader.Rows)
        {
            int at = reader.Int(row, "prompt") ?? 0;
            prompts.Add(at);
            if (prompt is { } wanted && wanted != at)
            {
                continue;
            }

            string from = reader.Text(row, "src") ?? "?", to = reader.Text(row, "dst") ?? "?";
            to = reader.Text(row, "dst_input") is { } input ? $"{to}.{input}" : to;
            if (!known.TryGetValue((from, to), out PathEffects? path))
            {
                known[(from, to)] = path = new PathEffects(from, to, [], []);
                _paths.Add(path);
            }

            AddTo(path.Exact, reader.Number(row, "effect") ?? reader.Number(row, "exact") ?? reader.Number(row, "score"));
            AddTo(path.Linear, reader.Number(row, "linear_effect"));
        }

        Prompts = [.. prompts.Order()];
    }

    /// <summary>The paths, in order of appearance.</summary>
    public IReadOnlyList<PathEffects> Paths => _paths;

    /// <summary>The prompts.</summary>
    public IReadOnlyList<int> Prompts { get; }

    private static void AddTo(List<double> values, double? value)
    {
        if (value is { } number)
        {
            values.Add(number);
        }
    }
}

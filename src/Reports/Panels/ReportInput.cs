using Interp.Analysis;

namespace Interp.Reports;

/// <summary>What panels are made from.</summary>
internal sealed class ReportInput
{
    private readonly Dictionary<string, ResultTable> _tables = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<SweepGrid>> _sweeps = new(StringComparer.Ordinal);
    private FlowData? _flow;

    public ReportInput(IReadOnlyList<ResultTable> tables, ReportOptions options)
    {
        foreach (ResultTable table in tables)
        {
            if (!_tables.TryAdd(table.Name, table))
            {
                throw new InvalidInputException($"report: expected tables of different names, found two of name {table.Name}");
            }
        }

        (Options, Tables, Labels) = (options, tables, new TokenLabels(tables));
    }

    public ReportOptions Options { get; }

    public IReadOnlyList<ResultTable> Tables { get; }

    public TokenLabels Labels { get; }

    /// <summary>A table that has rows, or null.</summary>
    public ResultTable? Table(string name) => _tables.TryGetValue(name, out ResultTable? table) && table.Rows.Count > 0 ? table : null;

    /// <summary>Table <c>flow</c> as maps, read once; null where there is none.</summary>
    public FlowData? Flow() => _flow ??= Table("flow") is { } table ? new FlowData(table) : null;

    /// <summary>The sites of a sweep, by its table or its summary, read once; none where there is neither.</summary>
    /// <param name="name">Name of the table, without <c>_summary</c>.</param>
    public IReadOnlyList<SweepGrid> Sweep(string name)
    {
        if (!_sweeps.TryGetValue(name, out IReadOnlyList<SweepGrid>? grids))
        {
            ResultTable? rows = Table(name), summary = Table(name + "_summary");
            _sweeps[name] = grids = rows is null && summary is null ? [] : SweepGrid.Read(rows, summary, LabelsOf((rows ?? summary)!));
        }

        return grids;
    }

    /// <summary>The prompts that are shown one by one.</summary>
    public IReadOnlyList<int> Shown(IReadOnlyList<int> prompts) => [.. prompts.Take(Options.Prompts)];

    /// <summary>What a menu calls a prompt.</summary>
    public string Prompt(int prompt) => Labels.Prompt(prompt);

    /// <summary>Tables of several data in one folder: their prompts of one number need not be the same.</summary>
    public bool MixedData => Tables.Select(Data).OfType<string>().Distinct().Count() > 1;

    /// <summary>A part of the bytes that figures may take.</summary>
    public long Bytes(double share) => (long)(Options.FigureBytes * share);

    // Tokens of another run's prompts would be wrong labels.
    private TokenLabels LabelsOf(ResultTable table) => MixedData ? new TokenLabels(Tables.Where(t => Data(t) == Data(table))) : Labels;

    private static string? Data(ResultTable table) => table.Metadata.GetValueOrDefault(ResultMetadata.DataSha256);

    /// <summary>Says of how many prompts only the mean is shown.</summary>
    public void NotePrompts(IReadOnlyList<int> prompts, List<string> notes)
    {
        if (prompts.Count > Options.Prompts)
        {
            notes.Add($"Of {prompts.Count} prompts the first {Options.Prompts} can be chosen; the mean is over all.");
        }
    }
}

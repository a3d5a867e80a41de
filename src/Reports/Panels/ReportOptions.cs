namespace Interp.Reports;

/// <summary>How a report is made.</summary>
public sealed record ReportOptions
{
    /// <summary>Heading of the page.</summary>
    public string Title { get; init; } = "Interp report";

    /// <summary>
    /// Where the results come from, as <c>interp.*</c> entries of result files have it: model and data hashes, command, seed, version.
    /// What is not said here is taken from the tables' own metadata.
    /// </summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// About how many bytes the figures of a page may take; plotly.js, 3.6 MB, comes on top. What does not fit is left out, the coarse
    /// view last, and the page says so.
    /// </summary>
    public long FigureBytes { get; init; } = 16_000_000;

    /// <summary>Up to how many prompts are shown one by one, besides the mean over all.</summary>
    public int Prompts { get; init; } = 12;
}

using Interp.Analysis;
using Interp.Hooks;

namespace Interp.Reports;

/// <summary>
/// Results as one page: a file that opens from disk without a network, holds plotly.js once, and has a panel for each kind of table.
/// The same tables give the same bytes.
/// </summary>
public sealed class Report
{
    private static readonly Func<ReportInput, Panel?>[] Sources =
    [
        SweepPanel.Create, AttributionPanel.Create, AttentionPanel.Create, LensPanel.Create, FlowPanel.Create, PathPanel.Create,
        HeadPanel.Create,
    ];

    /// <summary>Creates a report of panels.</summary>
    /// <param name="title">Heading of the page.</param>
    /// <param name="panels">The panels, in reading order; no two have the same name.</param>
    public Report(string title, IReadOnlyList<Panel> panels) => (Title, Panels) = (title, panels);

    /// <summary>Heading of the page.</summary>
    public string Title { get; }

    /// <summary>The panels.</summary>
    public IReadOnlyList<Panel> Panels { get; }

    /// <summary>Makes a report of tables: an overview, and a panel for each kind of table that has rows.</summary>
    /// <param name="tables">
    /// Results. Tables that name tokens (<c>prompts</c>, <c>lens</c>, <c>flow</c>) give the positions of the others their labels.
    /// </param>
    /// <param name="options">Heading, provenance, size.</param>
    /// <exception cref="InvalidInputException">Two tables have the same name.</exception>
    public static Report From(IReadOnlyList<ResultTable> tables, ReportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(tables);
        options ??= new ReportOptions();
        var input = new ReportInput(tables, options);
        Panel[] panels = [.. Sources.Select(source => source(input)).OfType<Panel>()];
        return new Report(options.Title, [OverviewPanel.Create(input, panels), .. panels]);
    }

    /// <summary>Writes the page; the file appears whole or not at all.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <exception cref="InvalidInputException">The file cannot be written there.</exception>
    public void Write(string path) => AtomicFile.Write(path, Write);

    /// <summary>Writes the page as UTF-8.</summary>
    /// <param name="stream">Receives the page; it stays open.</param>
    public void Write(Stream stream) => ReportPage.Write(this, stream);
}

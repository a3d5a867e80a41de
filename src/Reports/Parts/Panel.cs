namespace Interp.Reports;

/// <summary>A part of a report: what it shows, how that was made, and what to read off it, in words and in figures.</summary>
/// <param name="Id">Name in links, in lower case.</param>
/// <param name="Title">Heading.</param>
/// <param name="Caption">What is shown.</param>
public sealed record Panel(string Id, string Title, PanelCaption Caption)
{
    /// <summary>Figures and tables, in reading order.</summary>
    public IReadOnlyList<PanelPart> Parts { get; init; } = [];

    /// <summary>What was left out, and what would be needed to see it.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>What a reader needs to know of a panel.</summary>
/// <param name="Shows">What is shown.</param>
/// <param name="Computed">How it was computed.</param>
/// <param name="From">From how many prompts.</param>
/// <param name="Read">What to read off it.</param>
public sealed record PanelCaption(string Shows, string Computed, string From, string Read);

/// <summary>A figure or a table of a panel.</summary>
public abstract record PanelPart;

/// <summary>A table of texts.</summary>
/// <param name="Title">Heading, or empty.</param>
/// <param name="Columns">Names of the columns; one that begins with # holds numbers.</param>
/// <param name="Rows">Rows; each cell is shown as it is.</param>
/// <param name="Folded">Whether only its heading is shown until somebody asks.</param>
public sealed record TablePart(
    string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, bool Folded = false) : PanelPart;

/// <summary>A remark in place of a figure.</summary>
/// <param name="Text">What is said.</param>
public sealed record RemarkPart(string Text) : PanelPart;

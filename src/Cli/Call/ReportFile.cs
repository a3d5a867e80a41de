using System.Globalization;
using Interp.Analysis;
using Interp.Reports;

namespace Interp.Cli;

/// <summary>Writes reports. Nothing else of the command line touches the assemblies that make them.</summary>
internal static class ReportFile
{
    /// <summary>Name of the option that asks for a report beside whatever else a command does.</summary>
    public const string Option = "--report";

    /// <summary>Help of the option.</summary>
    public const string Help = "Write the results as one page with figures that opens in a browser without a network.";

    /// <summary>Name of the report in a folder of tables.</summary>
    public const string InFolder = "report.html";

    /// <summary>Writes a report; it says what the tables' metadata say of where they come from, and when only if they do.</summary>
    /// <param name="session">The call.</param>
    /// <param name="path">The file.</param>
    /// <param name="title">Heading of the page.</param>
    /// <param name="tables">The results.</param>
    public static void Write(Session session, string path, string title, IReadOnlyList<ResultTable> tables)
    {
        foreach (string remark in tables.Select(ResultMetadata.Remark).OfType<string>())
        {
            session.Note(remark);
        }

        Report.From(tables, new ReportOptions { Title = title }).Write(path);
        session.Note(string.Create(
            CultureInfo.InvariantCulture, $"{path}: report of {tables.Count} tables, {new FileInfo(path).Length / 1e6:0.0} MB; open it in a browser"));
    }

    /// <summary>Checks before any work that a report can be written.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidInputException">It cannot, or is no page.</exception>
    public static void Check(string path)
    {
        if (!path.EndsWith(".html", StringComparison.OrdinalIgnoreCase) && !path.EndsWith(".htm", StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidInputException($"{path}: expected a page that ends in .html, found '{Path.GetExtension(path)}'");
        }

        AtomicFile.Probe(path);
    }
}

using Interp.Analysis;
using Interp.Cli;
using Interp.Runtime;

namespace Interp.Reports.Tests;

/// <summary>The demo's tables and their report, made once.</summary>
internal static class DemoReport
{
    private static readonly Lazy<IReadOnlyList<ResultTable>> Made = new(() => new DemoTables(DemoModel.Create(), CancellationToken.None).All());
    private static readonly Lazy<byte[]> Written = new(() => Bytes(Report.From(Made.Value, new ReportOptions { Title = "Interp: the demo model" })));

    public static IReadOnlyList<ResultTable> Tables => Made.Value;

    public static byte[] Page => Written.Value;

    public static ResultTable Table(string name) => Tables.Single(t => t.Name == name);

    public static byte[] Bytes(Report report)
    {
        using var stream = new MemoryStream();
        report.Write(stream);
        return stream.ToArray();
    }
}

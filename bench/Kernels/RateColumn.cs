using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Interp.Bench.Kernels;

/// <summary>
/// A kernel's rate: operations (<see cref="KernelBenchmark.Flops"/>) by the mean time, in GFLOP/s, or as a share of the rate of the
/// method <see cref="KernelBenchmark.Peak"/> with the same parameters, measured in the same run.
/// </summary>
internal sealed class RateColumn(bool share) : IColumn
{
    public string Id => nameof(RateColumn) + ColumnName;

    public string ColumnName => share ? "share of peak" : "GFLOP/s";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => share ? 1 : 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => share
        ? "GFLOP/s by that of the multiply-add peak on one thread, measured in the same run"
        : "Billions of operations a second; a multiply-add is two";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        double? rate = Rate(summary, benchmarkCase);
        if (share)
        {
            BenchmarkCase? peak = summary.BenchmarksCases.FirstOrDefault(c => IsPeak(c)
                && c.Descriptor.Type == benchmarkCase.Descriptor.Type && c.Parameters.ValueInfo == benchmarkCase.Parameters.ValueInfo);
            return FormattableString.Invariant($"{rate / (peak is null ? null : Rate(summary, peak)):P0}");
        }

        return FormattableString.Invariant($"{rate:F1}");
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public bool IsAvailable(Summary summary) => true;

    private static bool IsPeak(BenchmarkCase c) => c.Descriptor.WorkloadMethod.Name == nameof(KernelBenchmark.Peak);

    private static double? Rate(Summary summary, BenchmarkCase c)
    {
        if (summary[c]?.ResultStatistics is not { } statistics)
            return null;
        var kernel = (KernelBenchmark)Activator.CreateInstance(c.Descriptor.Type)!;
        c.Parameters.Items.ToList().ForEach(p => c.Descriptor.Type.GetProperty(p.Name)!.SetValue(kernel, p.Value));
        return (IsPeak(c) ? MultiplyAddPeak.Flops(1) : kernel.Flops) / statistics.Mean;
    }
}

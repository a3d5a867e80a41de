using System.Globalization;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>The plan of a sweep: table <c>plan</c>, one row; for people in words.</summary>
internal static class SweepPlanView
{
    /// <summary>The table.</summary>
    public static ResultTable Table(VariantPlan plan)
    {
        ResultTable table = TableSchemas.Plan.Create();
        table.Add(
            plan.Variants, plan.Unchanged, plan.Lanes, plan.Whole, plan.Walks, (double)plan.Rows, (double)plan.MultiplyAdds,
            (double)plan.NaiveMultiplyAdds, (double)plan.Bytes);
        return table;
    }

    /// <summary>Prints the plan.</summary>
    public static void Print(Session session, VariantPlan plan)
    {
        string Times(double ratio) => ratio.ToString(ratio < 10 ? "0.0" : "0", CultureInfo.InvariantCulture);
        TextWriter to = session.Output;
        to.WriteLine($"patched runs         {Shown.Count(plan.Variants)} (one per cell and prompt)");
        to.WriteLine($"  known beforehand   {Shown.Count(plan.Unchanged)} (what is patched in equals what is there, or reaches nothing that is read)");
        to.WriteLine($"  lanes              {Shown.Count(plan.Lanes)} (computed from where they differ): {Shown.Count(plan.Rows)} rows in "
            + $"{Shown.Count(plan.Walks)} walk{(plan.Walks == 1 ? "" : "s")} up the layers");
        to.WriteLine($"  whole runs         {Shown.Count(plan.Whole)}");
        to.WriteLine($"multiply-adds        {Shown.Count(plan.MultiplyAdds)} with --engine lanes, {Shown.Count(plan.NaiveMultiplyAdds)} with "
            + $"--engine naive ({Times(plan.NaiveMultiplyAdds / (double)Math.Max(plan.MultiplyAdds, 1))} times as many)");
        to.WriteLine($"memory of the runs   {Shown.Bytes(plan.Bytes)} at most, beside the weights (--engine lanes; --memory bounds it)");
    }
}

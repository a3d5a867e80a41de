// Attention knockout: which heads of which layers have to read earlier positions from the last one?
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    var options = new SweepOptions { By = [SweepAxis.Layer, SweepAxis.Head, SweepAxis.Position, SweepAxis.Source], Positions = [-1] };
    ResultTable<KnockoutRow> table = KnockoutSweep.Run(example.Model, [example.Pair], options);
    Console.WriteLine("edges from the last position whose loss changes the logit difference most:");
    foreach (KnockoutRow row in table.OrderBy(row => row.Effect).Take(3))
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  L{row.Layer}H{row.Head} reading position {row.SrcPos}: {row.Effect:F3}"));
    }

    example.Show(table);
});

// Attention knockout: which heads of which layers have to read earlier positions from the last one?
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    var options = new SweepOptions { Sites = [], By = ["layer", "head", "pos", "src_pos"], Positions = [-1] };
    ResultTable table = KnockoutSweep.Run(example.Model, [example.Pair], options);
    int effect = table.IndexOf("effect");
    Console.WriteLine("edges from the last position whose loss changes the logit difference most:");
    foreach (IReadOnlyList<object?> row in table.Rows.OrderBy(r => (double)r[effect]!).Take(3))
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  L{row[3]}H{row[4]} reading position {row[6]}: {row[effect]:F3}"));
    }

    example.Show(table);
});

// Activation patching: which heads restore the answer when their clean output replaces the corrupted one?
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    ResultTable<PatchingRow> table = PatchingSweep.Run(example.Model, [example.Pair], new SweepOptions { Sites = [HookKind.Z] });

    Console.WriteLine("denoising: effect 1 = the clean logit difference is fully restored, 0 = nothing changed");
    foreach (PatchingRow row in table.OrderByDescending(row => Math.Abs(row.Effect ?? 0)).Take(5))
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  L{row.Layer}H{row.Head}  {row.Effect:F3}"));
    }

    example.Show(table);
});

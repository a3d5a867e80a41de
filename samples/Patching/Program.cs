// Activation patching: which heads restore the answer when their clean output replaces the corrupted one?
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    ResultTable table = PatchingSweep.Run(example.Model, [example.Pair], new SweepOptions { Sites = ["z"] });

    Console.WriteLine("denoising: effect 1 = the clean logit difference is fully restored, 0 = nothing changed");
    var cells = table.Values("layer").Zip(table.Values("head"), table.Values("effect"));
    var largest = cells.OrderByDescending(c => Math.Abs((double?)c.Third ?? 0)).Take(5);
    foreach ((object? layer, object? head, object? effect) in largest)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  L{layer}H{head}  {effect:F3}"));
    }

    example.Show(table);
});

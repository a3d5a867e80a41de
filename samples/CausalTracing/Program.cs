// Causal tracing: noise on the first word's embedding, then one position of the stream at a time is restored.
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    var options = new SweepOptions { Sites = [HookKind.ResidPre], By = [SweepAxis.Layer, SweepAxis.Position] };
    var noise = new NoiseOptions { Positions = [1], Level = 8, Draws = 10, Seed = 1 };
    ResultTable<AblationRow> table = CausalTracing.Run(example.Model, [example.Pair], options, noise);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"clean {table[0].Clean:F3}, noised {table[0].Corrupted:F3}"));
    foreach (AblationRow row in table.OrderByDescending(row => row.Effect).Take(4))
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"restored before layer {row.Layer} at position {row.Pos}: effect {row.Effect:F3}"));
    }

    example.Show(table);
});

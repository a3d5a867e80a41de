// Causal tracing: noise on the first word's embedding, then one position of the stream at a time is restored.
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    var options = new SweepOptions { Sites = ["resid_pre"], By = ["layer", "pos"] };
    var noise = new NoiseOptions { Positions = [1], Level = 8, Draws = 10, Seed = 1 };
    ResultTable table = CausalTracing.Run(example.Model, [example.Pair], options, noise);
    int effect = table.IndexOf("effect");
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"clean {table.Values("clean").First():F3}, noised {table.Values("corrupted").First():F3}"));
    foreach (IReadOnlyList<object?> row in table.Rows.OrderByDescending(r => (double)r[effect]!).Take(4))
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"restored before layer {row[5]} at position {row[7]}: effect {row[effect]:F3}"));
    }

    example.Show(table);
});

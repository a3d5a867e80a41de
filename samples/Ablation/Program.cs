// Ablation: which heads does the answer need? Zero ablation, then resampling from another prompt.
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    PromptPair pair = example.Pair;
    var options = new SweepOptions { Sites = ["z"] };
    ResultTable zero = AblationSweep.Run(example.Model, [pair], options);
    Show("zero ablation", zero);

    // Resampling draws from the other prompts of the data: here, the corrupted one.
    PromptPair other = pair with { Clean = pair.Corrupted, Corrupted = [] };
    Show("resample ablation", AblationSweep.Run(example.Model, [pair, other], options, AblationKind.Resample));
    example.Show(zero);
});

static void Show(string title, ResultTable table)
{
    Console.WriteLine($"{title}: change of the logit difference of the first prompt");
    var cells = table.Values("layer").Zip(table.Values("head"), table.Values("effect"))
        .Zip(table.Values("prompt"), (cell, prompt) => (cell, prompt)).Where(c => (int)c.prompt! == 0).Select(c => c.cell);
    foreach ((object? layer, object? head, object? effect) in cells.OrderByDescending(c => Math.Abs((double)c.Third!)).Take(3))
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  L{layer}H{head}  {effect:F3}"));
    }
}

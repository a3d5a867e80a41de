// Prompts made against a model's own tokenizer, and which heads matter over all of them.
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    GeneratedPrompts made = PromptGenerator.Make("induction", example.Model.Tokenizer!, count: 20, seed: 1);
    PromptPair[] pairs = [.. made.Prompts.Select(p => p.Pair)];
    ResultTable patching = PatchingSweep.Run(example.Model, pairs, new SweepOptions { Sites = ["z"] });
    ResultTable summary = SweepSummary.Of(patching);
    int mean = summary.IndexOf("mean");
    foreach (IReadOnlyList<object?> row in summary.Rows.OrderByDescending(r => Math.Abs(r[mean] as double? ?? 0)).Take(3))
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"L{row[2]}H{row[3]}: mean effect {row[mean]:F3} over {row[mean - 1]} generated prompts"));
    }

    example.Show(PromptsTable.Of(example.Model, pairs), patching);
});

// Weights: what circuits say without any prompt, and what heads do on random tokens that repeat.
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    TransformerModel model = example.Model;

    // Which head reads, through its keys, what another head wrote?
    ResultTable composition = WeightTables.Composition(model);
    IReadOnlyList<object?> composed = composition.Rows
        .Where(r => (string)r[4]! == "k").MaxBy(r => (double)r[5]!)!;
    Print($"strongest K-composition: L{composed[0]}H{composed[1]} into L{composed[2]}H{composed[3]}, {composed[5]:F3}");

    // Does a head copy? The eigenvalues of its circuit from tokens to logits.
    LowRank circuit = new HeadCircuits(model).FullOv((int)composed[2]!, (int)composed[3]!);
    Print($"its circuit from tokens to logits: copying score {circuit.CopyingScore():F2}, norm {circuit.Norm:F1}");

    // Random tokens, repeated; the controls tell what tokens do from what positions do.
    ResultTable heads = HeadScores.Table(model, HeadScores.Repetitions(model, 8, 6));
    string[] scores = ["previous_token", "induction", "induction_control"];
    foreach (string score in scores)
    {
        IReadOnlyList<object?> top = heads.Rows.Where(r => (string)r[2]! == score).MaxBy(r => (double)r[3]!)!;
        Print($"{score}: L{top[0]}H{top[1]} with {top[3]:F2}, 95 % from {top[4]:F2} to {top[5]:F2}");
    }

    example.Show(heads, composition);
});

static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

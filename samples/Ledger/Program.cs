// The ledger: what every head wrote at the last position, and what it adds to the answer's logit.
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    (TransformerModel model, PromptPair pair) = example;
    RunResult run = model.Run(pair.Clean, new RunOptions { Observe = ResidualLedger.Needs(model, LedgerDetail.Source) });
    var ledger = new ResidualLedger(model, run.Cache());

    double worst = ledger.Check(-1).Max(check => check.RelativeError);
    Print($"the writes add up at every point of the stream, relative error {worst:E1}");

    Decomposition heads = ledger.Attribute(-1, run.LogitsAt(0, -1), pair.Answers[0], pair.Wrongs[0]);
    Print($"logit difference {heads.Actual:F3} = sum {heads.Sum:F3} of {heads.Rows.Count} writes; the largest:");
    foreach (DecompositionRow row in heads.Rows.OrderByDescending(r => Math.Abs(r.Dla)).Take(4))
    {
        Print($"  {row.Component.Label,-12} {row.Dla,8:F3}");
    }

    Decomposition sources = ledger.Attribute(-1, run.LogitsAt(0, -1), pair.Answers[0], pair.Wrongs[0], LedgerDetail.Source);
    DecompositionRow top = sources.Rows.Where(r => r.Component.Source >= 0).MaxBy(r => Math.Abs(r.Dla))!;
    string token = model.TokenText(pair.Clean[top.Component.Source]);
    Print($"most of it is moved by {top.Component.Label} from position {top.Component.Source} ('{token}')");

    var components = new ComponentsTable(model);
    components.Add(0, pair, run.Cache(), run.LogitsAt(0, -1), -1, LedgerDetail.Head);
    example.Show(components.Table);
});

static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

// Decomposition: any direction, not only logits. Which write made a head look where it looks, and what it found there?
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    (TransformerModel model, PromptPair pair) = example;
    var options = new DecompositionOptions { Detail = LedgerDetail.Source };
    RunResult run = model.Run(pair.Clean, new RunOptions
    {
        Observe =
        [
            .. ResidualLedger.Needs(model, LedgerDetail.Source),
            .. Enumerable.Range(0, model.Config.NLayers).SelectMany(layer => ResidualLedger.InputNeeds(model, layer)),
        ],
    });
    var ledger = new ResidualLedger(model, run.Cache());

    // The head and source that add most to the logit difference.
    StreamReading logits = ledger.ReadLogits(-1, run.LogitsAt(0, -1), pair.Answers[0], pair.Wrongs[0]);
    Component top = ledger.Attribute(logits, options).Rows
        .Where(r => r.Component.Kind == ComponentKind.HeadSource).MaxBy(r => Math.Abs(r.Dla))!.Component;
    Print($"{top.Label} moves most of it, from position {top.Source} ('{model.TokenText(pair.Clean[top.Source])}')");

    // Why does it look there? Its score, by the writes that its key is made of.
    StreamReading reading = ledger.ReadScore(top.Layer, top.Head, QkvInput.Key, -1, top.Source);
    Decomposition score = ledger.Attribute(reading, new DecompositionOptions());
    Print($"it looks there because of {score.Rows.MaxBy(r => Math.Abs(r.Dla))!.Component.Label}");

    // What does it find there? The moved value, by the writes of the source.
    Decomposition moved = ledger.Attribute(
        ledger.ReadMoved(logits, top.Layer, top.Head, top.Source), new DecompositionOptions());
    Print($"and moves on what {moved.Rows.MaxBy(r => Math.Abs(r.Dla))!.Component.Label} wrote there");

    // The score as a picture: every write's part in it, adding up.
    var components = new ComponentsTable(model);
    components.Add(0, pair, ledger, [(1, reading)], new DecompositionOptions());
    example.Show(components.Table);
});

static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

// Logit lens: what would the model say if it stopped after each layer, and what does each head say alone?
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    (TransformerModel model, PromptPair pair) = example;
    IReadOnlyList<LensPlace> places = LogitLens.Places(model, "resid", "result");
    RunResult run = model.Run(pair.Clean, new RunOptions { Observe = [.. places.Select(p => p.Point).Distinct().Select(p => (HookQuery)p)] });
    var lens = new LensTable(model);
    lens.Add(0, pair, run, 0, places, [-1]);

    int site = lens.Table.IndexOf("site"), layer = lens.Table.IndexOf("layer"), head = lens.Table.IndexOf("head");
    int prob = lens.Table.IndexOf("prob"), rank = lens.Table.IndexOf("rank"), kl = lens.Table.IndexOf("kl_to_final");
    foreach (IReadOnlyList<object?> row in lens.Table.Rows.Where(r => r[head] is null))
    {
        Print($"{row[site]} {row[layer]}: rank {row[rank]}, probability {row[prob]:F3}, {row[kl]:F3} nats from the end");
    }

    IReadOnlyList<object?> top = lens.Table.Rows.Where(r => r[head] is not null).MaxBy(r => (double)r[prob]!)!;
    Print($"the head that says it alone: L{top[layer]}H{top[head]}, probability {top[prob]:F3}");

    // All positions of the stream, as a picture.
    var picture = new LensTable(model);
    picture.Add(0, pair, run, 0, LogitLens.Places(model, "resid"), []);
    example.Show(picture.Table);
});

static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

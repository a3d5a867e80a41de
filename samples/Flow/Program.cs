// Flow: which positions does the last token take from, by four approximations, and by measurement? And by which routes does the answer come?
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    (TransformerModel model, PromptPair pair) = example;
    RunResult run = model.Run(pair.Clean, new RunOptions { Observe = ResidualLedger.RouteNeeds(model) });
    var ledger = new ResidualLedger(model, run.Cache());
    IReadOnlyDictionary<FlowEdge, double> measured =
        FlowKnockout.Measure(model, pair, Metric.LogitDiff, [-1]);
    FlowEdge most = measured.MaxBy(e => e.Value).Key;
    Print($"cutting position {most.Source} ('{model.TokenText(pair.Clean[most.Source])}') in layer {most.Layer} matters most");

    var flow = new FlowTable(model);
    int[] all = [.. Enumerable.Range(0, pair.Clean.Count)];
    double[] effects = [.. measured.Values];
    foreach (FlowMeasure measure in Enum.GetValues<FlowMeasure>().Except([FlowMeasure.DecompX]))
    {
        FlowMaps maps = ledger.Flow(measure, out double error);
        double[] values = [.. measured.Keys.Select(e => maps[e])];
        Print($"{measure}: rank correlation {FlowKnockout.RankCorrelation(values, effects):F2}, parts add up to {error:E1}");
        flow.Add(0, pair, measure.ToString(), maps, all, measured, 5);
    }

    FlowMaps whole = ledger.Flow(FlowMeasure.DecompX, out double missing);
    int last = pair.Clean.Count - 1, strongest = Enumerable.Range(0, pair.Clean.Count).MaxBy(token => whole[whole.Layers - 1, last, token]);
    Print($"through the whole stack most of the last vector came from position {strongest}, parts add up to {missing:E1}");

    StreamReading logit = ledger.ReadLogits(-1, run.LogitsAt(0, -1), pair.Answers[0], pair.Wrongs[0]);
    foreach (RouteEdge edge in ledger.RoutesOf(logit, "logits", 0.2).Take(8))
    {
        Print($"{edge.To} {edge.Input} reads {edge.From}: {edge.Importance:P0}");
    }

    flow.Add(0, pair, measured);
    example.Show(flow.Table);
});

static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

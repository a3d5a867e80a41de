// Flow: which positions does the last token take from, by four approximations, and by measurement?
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    (TransformerModel model, PromptPair pair) = example;
    RunResult run = model.Run(pair.Clean, new RunOptions { Observe = ResidualLedger.FlowNeeds(model) });
    var ledger = new ResidualLedger(model, run.Cache());
    IReadOnlyDictionary<FlowEdge, double> measured =
        FlowKnockout.Measure(model, pair, new Metric(MetricKind.LogitDiff), [-1]);
    FlowEdge most = measured.MaxBy(e => e.Value).Key;
    Print($"cutting position {most.Source} ('{model.TokenText(pair.Clean[most.Source])}') in layer {most.Layer} matters most");

    var flow = new FlowTable(model);
    int[] all = [.. Enumerable.Range(0, pair.Clean.Count)];
    double[] effects = [.. measured.Values];
    foreach (FlowMeasure measure in Enum.GetValues<FlowMeasure>())
    {
        FlowMaps maps = ledger.Flow(measure, out double error);
        double[] values = [.. measured.Keys.Select(e => maps[e])];
        Print($"{measure}: rank correlation {FlowKnockout.RankCorrelation(values, effects):F2}, parts add up to {error:E1}");
        flow.Add(0, pair, measure.ToString(), maps, all, measured, 5);
    }

    flow.Add(0, pair, measured);
    example.Show(flow.Table);
});

static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

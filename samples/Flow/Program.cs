// Flow: which positions does the last token take from, by four approximations, and by measurement?
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    (TransformerModel model, PromptPair pair) = example;
    RunResult run = model.Run(pair.Clean, new RunOptions { Observe = ResidualLedger.FlowNeeds(model) });
    var ledger = new ResidualLedger(model, run.Cache());
    IReadOnlyDictionary<(int Layer, int Destination, int Source), double> measured =
        FlowKnockout.Measure(model, pair, new Metric(MetricKind.LogitDiff), [-1]);
    (int layer, _, int source) = measured.MaxBy(e => e.Value).Key;
    Print($"cutting position {source} ('{model.TokenText(pair.Clean[source])}') in layer {layer} matters most");

    double[] effects = [.. measured.Values];
    foreach (FlowMeasure measure in Enum.GetValues<FlowMeasure>())
    {
        FlowMaps maps = ledger.Flow(measure, out double error);
        double[] values = [.. measured.Keys.Select(e => maps[e.Layer, e.Destination, e.Source])];
        Print($"{measure}: rank correlation {FlowKnockout.RankCorrelation(values, effects):F2}, parts add up to {error:E1}");
    }
});

static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

// Path patching: through which input of which later head do the heads of the first layer matter?
using System.Globalization;
using Interp.Samples;

return Example.Run(args, example =>
{
    ModelConfig config = example.Model.Config;
    int last = config.NLayers - 1;
    PathNode[] senders = [.. Enumerable.Range(0, config.NHeads).Select(h => PathNode.OfHead(0, h))];
    PathNode[] receivers =
    [
        .. Enumerable.Range(0, config.NHeads).Select(h => new PathNode(PathNodeKind.Head, last, h, HeadInput.Q)),
        .. Enumerable.Range(0, config.NKeyValueHeads).Select(h => new PathNode(PathNodeKind.Head, last, h, HeadInput.K)),
        PathNode.Logits,
    ];
    IReadOnlyList<PathQuery> paths = PathPatching.Pairs(
        example.Model, senders.Select(s => new[] { s }), [.. receivers.Select(r => new[] { r })]);
    ResultTable<PathRow> table = PathPatching.Run(example.Model, [example.Pair], paths);
    foreach (PathRow row in table.OrderByDescending(row => Math.Abs(row.Effect ?? 0)).Take(3))
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{row.Src} -> {row.Dst}: effect {row.Effect:F3}, linear estimate {row.LinearEffect:F3}"));
    }

    example.Show(table);
});

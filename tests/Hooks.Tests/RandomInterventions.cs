namespace Interp.Hooks.Tests;

/// <summary>Random interventions that fit a batch, made from a seed.</summary>
internal sealed class RandomInterventions(int seed)
{
    public static ModelOutline[] Outlines { get; } =
    [
        Models.Llama with { DModel = 5, DHead = 3, DMlp = 7 },
        Models.Llama with { DModel = 5, DHead = 3, DMlp = 7, Window = layer => layer == 0 ? 2 : null },
        Models.Bert with { DModel = 5, DHead = 3, DMlp = 7 },
    ];

    public Random Random { get; } = new(seed);

    public Intervention Next(HookMap map, int[] lengths, int newTokens)
    {
        bool grows = newTokens > 0;
        HookPoint point = map.AllPoints[Random.Next(map.AllPoints.Length)];
        bool overSources = point.Kind is HookKind.AttnScores or HookKind.Pattern;
        int recorded = lengths.Max() + newTokens + Random.Next(2);
        Scope scope = NextScope(map, point, lengths, newTokens);
        TensorValue whole = Tensor(map.Shape(point, recorded, recorded));
        int[] row = [.. map.Shape(point, 1, 1).Where((_, axis) => axis != HookTable.Row(point.Kind).PosAxis)];
        return Random.Next(8) switch
        {
            0 => Ablate.Zero(point, scope),
            1 when !overSources => Ablate.Mean(point, Tensor(row), scope),
            2 => Ablate.Mean(point, whole, scope),
            3 => Ablate.Resample(point, whole, scope),
            4 when !overSources => new Steer(point, Tensor(Random.Next(2) == 0 ? row : row[^1..]), Random.NextSingle(), scope),
            5 when overSources => new Freeze(point, whole, scope),
            6 => new KnockOut(
                Random.Next(map.Outline.NLayers), IndexSet.All, Positions(lengths), Indices(map.Outline.NHeads),
                Random.Next(2) == 0, Indices(lengths.Length)),
            // A row of attention has to be replaced as a whole: there the map is the identity of a prefix.
            7 when !grows && overSources && map.Outline.Causal => new Patch(
                point, whole, scope with { Positions = IndexSet.All, Sources = IndexSet.All },
                new PositionMap([.. Enumerable.Range(0, 1 + Random.Next(lengths.Min())).Select(p => (p, p))])),
            7 when !grows && !overSources => new Patch(
                point, whole, scope with { Positions = IndexSet.All, Sources = IndexSet.All },
                new PositionMap(
                    [.. Enumerable.Range(0, lengths.Min()).Where(p => p != 1).Select(p => (p, Random.Next(recorded)))])),
            _ => new Patch(point, whole, scope),
        };
    }

    public TensorValue Tensor(int[] shape) =>
        new(shape, [.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => Number())]);

    /// <summary>Any bits but a NaN's, often plain numbers.</summary>
    private float Number()
    {
        float wild = BitConverter.Int32BitsToSingle(Random.Next(int.MinValue, int.MaxValue));
        return Random.Next(3) == 0 && !float.IsNaN(wild) ? wild : Random.NextSingle() - 0.5f;
    }

    private Scope NextScope(HookMap map, HookPoint point, int[] lengths, int newTokens)
    {
        bool overSources = point.Kind is HookKind.AttnScores or HookKind.Pattern;
        return new Scope
        {
            Sequences = Indices(lengths.Length),
            Positions = overSources || Random.Next(4) > 0 ? Positions(lengths) : IndexSet.Of(lengths.Min() + newTokens - 1),
            Sources = overSources && Random.Next(2) == 0 ? IndexSet.Of(0, -1, 0) : IndexSet.All,
            Heads = map.Heads(point) > 0 ? Indices(map.Heads(point)) : IndexSet.All,
            Neurons = point.Kind is HookKind.Pre or HookKind.PreLinear or HookKind.Post
                ? Indices(map.Outline.DMlp)
                : IndexSet.All,
        };
    }

    /// <summary>Sets whose members can attend to each other whatever the window.</summary>
    private IndexSet Positions(int[] lengths) => Random.Next(4) switch
    {
        0 => IndexSet.Of(0, Random.Next(lengths.Min())),
        1 => IndexSet.Of(-1, 0),
        _ => IndexSet.All,
    };

    private IndexSet Indices(int length) => Random.Next(3) == 0
        ? IndexSet.Of(Random.Next(length), Random.Next(length) - length)
        : IndexSet.All;
}

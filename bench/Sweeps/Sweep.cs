using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Bench.Sweeps;

/// <summary>Prompt pairs and the variants of usual sweeps over them: activations of the one run put into the other.</summary>
internal sealed class Sweep
{
    private readonly RunResult _source;
    private readonly int _pairs;
    private readonly int _length;

    /// <summary>Random pairs that differ from a position on.</summary>
    internal Sweep(TransformerModel model, int pairs, int length, int same)
    {
        Model = model;
        _pairs = pairs;
        _length = length;
        int[][] corrupted = [.. Enumerable.Range(0, pairs).Select(i => Tokens(length, i))];
        int[][] clean = [.. corrupted.Select((t, i) => (int[])[.. t[..same], .. Tokens(length - same, 100 + i)])];
        Base = new TokenBatch(corrupted);
        int layers = model.Config.NLayers;
        _source = model.Run(
            new TokenBatch(clean),
            new RunOptions
            {
                Observe = [.. Enumerable.Range(0, layers).SelectMany(
                    l => new HookQuery[] { Hook.Z(l), Hook.ResidPre(l), Hook.Q(l), Hook.K(l), Hook.V(l) })],
                Logits = LogitRows.None,
            });
        Options = new VariantOptions
        {
            Threads = 2,
            Sources = [.. Enumerable.Range(0, pairs).Select(i => _source.Cache(i))],
            Tokens = LogitTokens.Of([.. Enumerable.Range(0, pairs).Select(i => (IReadOnlyList<int>)[5 + i, 50 + i])]),
        };

        int[] Tokens(int count, int seed)
        {
            var random = new Random(seed);
            return [.. Enumerable.Range(0, count).Select(_ => random.Next(model.Config.DVocab))];
        }
    }

    internal TransformerModel Model { get; }

    internal TokenBatch Base { get; }

    internal VariantOptions Options { get; }

    /// <summary>The stream entering each layer, position by position.</summary>
    internal List<Variant> Residual(int step)
    {
        List<Variant> variants = [];
        foreach (HookPoint point in Enumerable.Range(0, Model.Config.NLayers).Select(Hook.ResidPre))
        {
            for (int position = 0; position < _length; position += step)
                Add(variants, point, Scope.At(position));
        }

        return variants;
    }

    /// <summary>Each head at all positions.</summary>
    internal List<Variant> Heads()
    {
        List<Variant> variants = [];
        foreach (HookPoint point in Enumerable.Range(0, Model.Config.NLayers).Select(Hook.Z))
        {
            for (int head = 0; head < Model.Config.NHeads; head++)
                Add(variants, point, Scope.Everything.OnHeads(head));
        }

        return variants;
    }

    /// <summary>Each head at each position.</summary>
    internal List<Variant> HeadsByPosition()
    {
        List<Variant> variants = [];
        foreach (HookPoint point in Enumerable.Range(0, Model.Config.NLayers).Select(Hook.Z))
        {
            for (int head = 0; head < Model.Config.NHeads; head++)
            {
                for (int position = 0; position < _length; position++)
                    Add(variants, point, Scope.At(position).OnHeads(head));
            }
        }

        return variants;
    }

    private void Add(List<Variant> variants, HookPoint point, Scope scope)
    {
        for (int s = 0; s < _pairs; s++)
            variants.Add(new Variant(s, [new Patch(point, _source.Cache(s).Value(point), scope)]));
    }
}

using Interp.Runtime.Forward;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Lanes;

/// <summary>Keys of all layers of the base runs; the values that go with them are those that were recorded.</summary>
internal sealed unsafe class BaseKeys : PassKeys
{
    private readonly FloatBlock[] _panels;
    private readonly Func<int, int, FloatBlock> _values;
    private readonly RowSegment[] _segments;
    private readonly int[] _places;

    /// <summary>Lays the keys out.</summary>
    /// <param name="config">The model.</param>
    /// <param name="segments">The sequences.</param>
    /// <param name="values">Where the values of a layer and a sequence are recorded, [positions, key-value heads x d_head].</param>
    /// <param name="threads">Threads.</param>
    /// <param name="memory">Where keys are kept.</param>
    public BaseKeys(ModelConfig config, RowSegment[] segments, Func<int, int, FloatBlock> values, int threads, Workspace memory)
        : base(config, threads)
    {
        _segments = segments;
        _values = values;
        _places = Places(segments);
        long floats = KeyPanels.Floats(_places[^1] + segments[^1].Count, Heads, DHead);
        _panels = [.. Enumerable.Range(0, config.NLayers).Select(_ => memory.Take(1, floats))];
    }

    public override int End(int keys) => _segments[keys].End;

    public override void Runs(int keys, int head, out KeyRun past, out KeyRun own)
    {
        past = default;
        own = First(Layer, keys, head, _segments[keys].Count);
    }

    /// <summary>The first keys of a sequence.</summary>
    public KeyRun First(int layer, int sequence, int head, int count) =>
        Run(_panels[layer].Pointer, _places[sequence], _values(layer, sequence).Pointer, 0, count, head);

    protected override void Put(RowSegment segment, int head, float* k, float* v) =>
        Append(_panels[Layer].Pointer, _places[segment.Keys] + segment.First, head, k, segment.Count);
}

using Interp.Runtime.Forward;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Lanes;

/// <summary>Keys and values of all layers of the base runs.</summary>
internal sealed unsafe class BaseKeys : PassKeys
{
    private readonly FloatBlock[][] _panels;
    private readonly FloatBlock[][] _values;
    private readonly RowSegment[] _segments;
    private int _layer;

    public BaseKeys(ModelConfig config, RowSegment[] segments, int threads, Workspace memory)
        : base(config, threads)
    {
        _segments = segments;
        _panels = Allocate(count => KeyPanels.Floats(count, Heads, DHead));
        _values = Allocate(count => (long)count * Width);

        FloatBlock[][] Allocate(Func<int, long> floats) =>
        [
            .. Enumerable.Range(0, config.NLayers).Select(_ => segments.Select(s => memory.Take(1, floats(s.Count))).ToArray()),
        ];
    }

    public override int End(int keys) => _segments[keys].End;

    public override void Put(int layer, RowSegment[] segments, FloatBlock k, FloatBlock v)
    {
        _layer = layer;
        foreach (RowSegment segment in segments)
        {
            v.From(segment.Row, Width).Rows(segment.Count, Width).CopyTo(_values[layer][segment.Keys].Span);
        }

        Pack(layer, segments, k);
    }

    public override void Runs(int keys, int head, out KeyRun past, out KeyRun own)
    {
        past = default;
        own = First(_layer, keys, head, _segments[keys].Count);
    }

    /// <summary>The first keys of a sequence.</summary>
    public KeyRun First(int layer, int sequence, int head, int count) =>
        Run(_panels[layer][sequence].Pointer, _values[layer][sequence].Pointer, 0, count, head);

    protected override (nint Panels, int Held) Target(int layer, RowSegment segment) =>
        ((nint)_panels[layer][segment.Keys].Pointer, 0);
}

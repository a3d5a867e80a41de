using Interp.Runtime.Forward;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Lanes;

/// <summary>Keys of lanes: those of the base run before a lane's first row, then the lane's own.</summary>
internal sealed class LaneKeys(ModelConfig config, int threads) : OwnKeys(config, threads)
{
    private Lane[] _lanes = [];
    private BaseRun? _base;
    private int _layer;

    /// <summary>The lanes that segments belong to, and the runs they differ from.</summary>
    public void Begin(Lane[] lanes, BaseRun baseRun)
    {
        _lanes = lanes;
        _base = baseRun;
    }

    public override void Put(int layer, RowSegment[] segments, FloatBlock k, FloatBlock v)
    {
        _layer = layer;
        base.Put(layer, segments, k, v);
    }

    protected override KeyRun Past(RowSegment segment, int head) => segment.First == 0
        ? default
        : _base!.Keys(_layer, _lanes[segment.Sequence].Sequence, head, segment.First);
}

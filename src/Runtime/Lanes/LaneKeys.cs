using Interp.Runtime.Forward;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Lanes;

/// <summary>Keys of lanes: those of the base run before a lane's first row, then the lane's own.</summary>
internal sealed class LaneKeys(ModelConfig config, int threads) : OwnKeys(config, threads)
{
    private Lane[] _lanes = [];
    private BaseRun? _base;

    /// <summary>The lanes that segments belong to, and the runs they differ from.</summary>
    public void Begin(Lane[] lanes, BaseRun baseRun)
    {
        _lanes = lanes;
        _base = baseRun;
    }

    protected override KeyRun Past(RowSegment segment, int head) => segment.First == 0
        ? default
        : _base!.Keys(Layer, _lanes[segment.Sequence].Sequence, head, segment.First);
}

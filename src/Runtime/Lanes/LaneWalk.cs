using Interp.Hooks;
using Interp.Runtime.Forward;

namespace Interp.Runtime.Lanes;

/// <summary>
/// One walk up the layers for many lanes: in each layer those that start there join, and the rows of all lanes form one
/// matrix, so that weights are read once per layer for all of them.
/// </summary>
internal sealed partial class LaneWalk
{
    private readonly TransformerModel _model;
    private readonly ModelConfig _config;
    private readonly TokenBatch _batch;
    private readonly LanePlanner _planner;
    private readonly BaseRun _base;
    private readonly Lane[] _lanes;
    private readonly LaneHooks _hooks;
    private readonly LaneKeys _keys;
    private readonly PassBuffers _buffers;
    private readonly ForwardPass<LaneHooks> _pass;
    private readonly FloatBlock _stream;
    private readonly List<RowSegment> _main = [];
    private int _rows;

    public LaneWalk(
        TransformerModel model, TokenBatch batch, LanePlanner planner, BaseRun baseRun, Lane[] lanes, Workspace memory, int threads)
    {
        _model = model;
        _config = model.Config;
        _batch = batch;
        _planner = planner;
        _base = baseRun;
        _lanes = lanes;
        _hooks = new LaneHooks(new LaneListeners(lanes, baseRun));
        PassSize size = Size(_config, lanes, _hooks);
        _stream = memory.Take(size.Rows, _config.DModel);
        _buffers = new PassBuffers(memory, _config, size);
        _keys = new LaneKeys(_config, threads);
        _keys.Begin(lanes, baseRun);
        _pass = new ForwardPass<LaneHooks>(model.Resources, _buffers, _keys, threads, _hooks);
    }

    /// <summary>Whether values of a lane were not finite somewhere.</summary>
    public bool MetNonFinite => _pass.NonFinite is not null;

    /// <summary>Multiply-adds so far.</summary>
    public long MultiplyAdds => _pass.MultiplyAdds;

    /// <summary>Floats of memory that a walk takes.</summary>
    public static long Floats(ModelConfig config, Lane[] lanes, BaseRun baseRun)
    {
        PassSize size = Size(config, lanes, new LaneHooks(new LaneListeners(lanes, baseRun)));
        Workspace counting = Workspace.Counting();
        counting.Take(size.Rows, config.DModel);
        _ = new PassBuffers(counting, config, size);
        return counting.Used;
    }

    /// <summary>Walks up and hands over the logits that are read of each lane.</summary>
    public void Run(LogitTokens tokens, Action<Lane, float[]> handle)
    {
        EmbedLanes();
        for (int layer = 0; layer < _config.NLayers; layer++)
        {
            JoinEveryInput(layer);
            RunMain(layer);
            RunJoined(layer);
            RunStarting(layer);
        }

        JoinTop();
        ReadLogits(tokens, handle);
    }

    private static PassSize Size(ModelConfig config, Lane[] lanes, LaneHooks hooks)
    {
        long area = PassBuffers.ListensToAttention(config, hooks) ? lanes.Max(l => (long)config.NHeads * l.Rows * l.Length) : 0;
        return new PassSize(
            lanes.Sum(l => l.Rows), OwnKeys.Floats(config, [.. lanes.Select(l => l.Rows)]), PassBuffers.PartsOf(config, hooks), area);
    }

    /// <summary>Lanes that change embeddings bring the stream of their changed rows to the first layer.</summary>
    private void EmbedLanes()
    {
        int[] lanes = [.. Indices(l => l.Entry == LaneEntry.Embed)];
        if (lanes.Length == 0)
        {
            return;
        }

        SetRows(_buffers.OwnStream, Segments(lanes, l => (l.ChangedFrom, l.ChangedTo)));
        _pass.Embed(_batch.Part([.. _lanes.Select(l => l.Sequence)]), new int[_lanes.Length]);
        KeepPending();
    }

    /// <summary>The lanes that have rows in all blocks so far.</summary>
    private void RunMain(int layer)
    {
        if (_main.Count == 0)
        {
            return;
        }

        SetRows(_stream, [.. _main]);
        _pass.RunBlock(layer, needed: Needed(layer));
        _main.Clear();
        _main.AddRange(_pass.Segments);
        _rows = _pass.Rows;
    }

    /// <summary>Lanes whose stream differs from here on, in few rows: queries, keys and values of the others are those of the base.</summary>
    private void RunJoined(int layer)
    {
        int[] lanes = [.. Indices(l => l.JoinLayer == layer && !EveryInput(l, layer))];
        if (lanes.Length == 0)
        {
            return;
        }

        RowSegment[] segments = Segments(lanes, l => (l.First, l.Length));
        SetRows(_stream.From(_rows, _config.DModel), segments);
        FillStream(segments, layer);
        bool[] computed = ComputedRows(segments, layer);
        int[] rows = [.. Enumerable.Range(0, computed.Length).Where(r => computed[r])];
        _pass.RunJoinedBlock(layer, rows, Fill, Needed(layer));
        Append(_pass.Segments);

        void Fill()
        {
            FillHeads(segments, layer, computed);
            CopyHeads(segments, layer);
        }
    }

    /// <summary>Lanes that start inside this block, each from its entry on, in its changed rows only.</summary>
    private void RunStarting(int layer)
    {
        foreach (int step in _planner.Entries.Places)
        {
            int[] lanes = [.. Indices(l => l.StartLayer == layer && l.Entry == LaneEntry.Inside && l.EntryStep == step)];
            if (lanes.Length == 0)
            {
                continue;
            }

            bool last = layer == _config.NLayers - 1;
            RowSegment[] segments = last && !_planner.Entries.ReadsKeys(step)
                ? ReadSegments(lanes, l => (l.ChangedFrom, l.ChangedTo))
                : Segments(lanes, l => (l.ChangedFrom, l.ChangedTo));
            SetRows(_buffers.OwnStream, segments);
            FillGiven(segments, step, layer);
            if (_planner.Entries.NeedsNormed(step))
            {
                _pass.NormBefore(layer);
            }

            _pass.RunBlock(layer, step, Needed(layer));
            if (last)
            {
                AppendRows();
            }
            else
            {
                KeepPending();
            }
        }
    }

    /// <summary>Lanes that differ above the blocks only.</summary>
    private void JoinTop()
    {
        int[] lanes = [.. Indices(l => l.Entry == LaneEntry.Top)];
        if (lanes.Length > 0)
        {
            RowSegment[] segments = ReadSegments(lanes, l => (l.First, l.Length));
            SetRows(_buffers.OwnStream, segments);
            FillRows(segments, LanePlanner.TopPoint(_config), after: true, _buffers.OwnStream, _config.DModel);
            AppendRows();
        }
    }

    /// <summary>In the last layer, the rows that are read; null when all go on.</summary>
    private int[]? Needed(int layer)
    {
        if (layer < _config.NLayers - 1 || HeadInputs(layer) || _pass.Segments.Any(s => _lanes[s.Sequence].Whole))
        {
            return null;
        }

        return ReadRows();
    }

    /// <summary>The rows in the matrix whose logits are read.</summary>
    private int[] ReadRows() =>
    [
        .. _pass.Segments.SelectMany(s => Enumerable.Range(0, s.Count)
            .Where(i => Array.BinarySearch(_lanes[s.Sequence].Read, s.First + i) >= 0).Select(i => s.Row + i)),
    ];

    private IEnumerable<int> Indices(Func<Lane, bool> choose) => Enumerable.Range(0, _lanes.Length).Where(i => choose(_lanes[i]));
}

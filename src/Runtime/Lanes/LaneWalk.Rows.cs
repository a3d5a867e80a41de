using Interp.Hooks;
using Interp.Runtime.Forward;

namespace Interp.Runtime.Lanes;

internal sealed partial class LaneWalk
{
    /// <summary>One segment for each lane.</summary>
    private RowSegment[] Segments(int[] lanes, Func<Lane, (int From, int To)> range)
    {
        var segments = new RowSegment[lanes.Length];
        for (int i = 0, row = 0; i < lanes.Length; i++)
        {
            (int from, int to) = range(_lanes[lanes[i]]);
            segments[i] = new RowSegment(lanes[i], row, to - from, from, i);
            row += to - from;
        }

        return segments;
    }

    /// <summary>One segment for each row of a lane that is read; whole lanes keep all rows.</summary>
    private RowSegment[] ReadSegments(int[] lanes, Func<Lane, (int From, int To)> range)
    {
        List<RowSegment> segments = [];
        int row = 0;
        foreach (int index in lanes)
        {
            Lane lane = _lanes[index];
            (int from, int to) = range(lane);
            foreach ((int first, int count) in lane.Whole
                         ? [(from, to - from)]
                         : lane.Read.Where(p => p >= from && p < to).Select(p => (p, 1)))
            {
                segments.Add(new RowSegment(index, row, count, first, segments.Count));
                row += count;
            }
        }

        return [.. segments];
    }

    private void SetRows(FloatBlock stream, RowSegment[] segments)
    {
        _buffers.Stream = stream;
        RowSegment[] keyed = [.. segments.Select((s, i) => s with { Keys = i })];
        _pass.SetRows(keyed);
        _pass.FillPositionRows();
        _keys.Reset(keyed, _buffers.Keys);
    }

    /// <summary>Lanes that join with every row computed anew go on in the matrix of the others.</summary>
    private void JoinEveryInput(int layer)
    {
        int[] lanes = [.. Indices(l => l.JoinLayer == layer && EveryInput(l, layer))];
        if (lanes.Length == 0)
        {
            return;
        }

        RowSegment[] segments = Segments(lanes, l => (l.First, l.Length));
        _buffers.Stream = _stream.From(_rows, _config.DModel);
        FillStream(segments, layer);
        Append(segments);
    }

    /// <summary>Whether more than the stream of a lane changes on the way to queries, keys and values.</summary>
    private bool EveryInput(Lane lane, int layer) =>
        (lane.Entry == LaneEntry.EveryInput && lane.StartLayer == layer)
        || lane.Changes.Any(c => c.Point.Layer == layer && _planner.Entries.Before(c.Point.Kind).Entry == LaneEntry.EveryInput)
        || _config.Positions == PositionKind.Shortformer
        || HeadInputs(layer);

    /// <summary>Whether somebody listens to what each head reads.</summary>
    private bool HeadInputs(int layer) => LaneEntries.HeadInputs.Any(kind => _hooks.Wants(new HookPoint(kind, layer)));

    /// <summary>The segments are in the main matrix, behind those that are there.</summary>
    private void Append(RowSegment[] segments)
    {
        int rows = 0;
        foreach (RowSegment segment in segments)
        {
            _main.Add(segment with { Row = _rows + segment.Row });
            rows += segment.Count;
        }

        _rows += rows;
    }

    /// <summary>Copies the pass's rows behind those of the main matrix.</summary>
    private void AppendRows()
    {
        int d = _config.DModel;
        _buffers.Stream.Rows(_pass.Rows, d).CopyTo(_stream.From(_rows, d).Span);
        Append(_pass.Segments);
    }

    /// <summary>Keeps the stream of each lane's changed rows for the next layer.</summary>
    private void KeepPending()
    {
        int d = _config.DModel;
        foreach (RowSegment segment in _pass.Segments)
        {
            _lanes[segment.Sequence].Pending = _buffers.Stream.From(segment.Row, d).Rows(segment.Count, d).ToArray();
        }
    }

    /// <summary>What enters the block: the base's rows, and those that a lane brings.</summary>
    private void FillStream(RowSegment[] segments, int layer)
    {
        int d = _config.DModel;
        FillRows(segments, Hook.ResidPre(layer), after: false, _buffers.Stream, d);
        foreach (RowSegment segment in segments)
        {
            Lane lane = _lanes[segment.Sequence];
            if (lane.Pending is { } pending)
            {
                pending.CopyTo(_buffers.Stream.From(segment.Row + lane.ChangedFrom - segment.First, d).Span);
                lane.Pending = null;
            }
        }
    }

    /// <summary>
    /// The rows whose queries, keys and values are computed where they enter the block: those whose stream differs from the base's, unless
    /// the source run has them.
    /// </summary>
    private bool[] ComputedRows(RowSegment[] segments, int layer)
    {
        var changed = new bool[_pass.Rows];
        foreach (RowSegment segment in segments)
        {
            Lane lane = _lanes[segment.Sequence];
            Mark(lane.ChangedFrom, lane.ChangedTo);
            foreach (LaneChange change in lane.Changes.Where(c => c.Point == Hook.ResidPre(layer)))
            {
                Mark(change.From, change.To);
            }

            foreach ((int position, _) in lane.Copied)
            {
                changed[segment.Row + position - segment.First] = false;
            }

            void Mark(int from, int to) => changed.AsSpan(segment.Row + from - segment.First, to - from).Fill(true);
        }

        return changed;
    }

    /// <summary>Queries, keys and values of the rows that are not computed.</summary>
    private void FillHeads(RowSegment[] segments, int layer, bool[]? computed = null)
    {
        int q = _config.NHeads * _config.DHead, k = _config.NKeyValueHeads * _config.DHead;
        FillRows(segments, Hook.Q(layer), after: false, _buffers.Q, q, computed);
        FillRows(segments, Hook.K(layer), after: false, _buffers.K, k, computed);
        FillRows(segments, Hook.V(layer), after: false, _buffers.V, k, computed);
    }

    /// <summary>Queries, keys and values of the rows that are those of a source run.</summary>
    private void CopyHeads(RowSegment[] segments, int layer)
    {
        int q = _config.NHeads * _config.DHead, k = _config.NKeyValueHeads * _config.DHead;
        foreach (RowSegment segment in segments)
        {
            Lane lane = _lanes[segment.Sequence];
            foreach ((int position, int row) in lane.Copied)
            {
                int to = segment.Row + position - segment.First;
                Copy(Hook.Q(layer), _buffers.Q, q);
                Copy(Hook.K(layer), _buffers.K, k);
                Copy(Hook.V(layer), _buffers.V, k);

                void Copy(HookPoint point, FloatBlock destination, int width) => _planner.Sources.Values(point, lane.Sequence)
                    .Slice(row * width, width).CopyTo(destination.From(to, width).Span);
            }
        }
    }

    /// <summary>What is given where lanes enter a block.</summary>
    private void FillGiven(RowSegment[] segments, int step, int layer)
    {
        foreach (LaneGiven given in _planner.Entries.GivenAt(step))
        {
            if (given.Slot == BlockSlot.Heads)
            {
                FillHeads(segments, layer);
                continue;
            }

            int width = given.Slot == BlockSlot.Z ? _config.NHeads * _config.DHead : _config.DModel;
            FillRows(segments, new HookPoint(given.Point, layer), given.After, _buffers.Of(given.Slot), width);
        }
    }

    private void FillRows(
        RowSegment[] segments, HookPoint point, bool after, FloatBlock destination, int width, bool[]? except = null)
    {
        foreach (RowSegment segment in segments)
        {
            int sequence = _lanes[segment.Sequence].Sequence;
            ReadOnlySpan<float> values = after ? _base.After(point, sequence) : _base.Before(point, sequence);
            if (except is null)
            {
                values.Slice(segment.First * width, segment.Count * width).CopyTo(destination.From(segment.Row, width).Span);
                continue;
            }

            for (int i = 0; i < segment.Count; i++)
            {
                if (!except[segment.Row + i])
                {
                    values.Slice((segment.First + i) * width, width).CopyTo(destination.From(segment.Row + i, width).Span);
                }
            }
        }
    }
}

using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Interp.Hooks;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

internal sealed unsafe partial class ForwardPass<THooks>
{
    /// <summary>
    /// From the normalised stream, or from given queries, keys and values, to the heads' weighted sums. Where only some rows
    /// are needed, the others leave the matrix once their keys and values are there.
    /// </summary>
    private void Heads(int layer, BlockWeights block, BlockStage from, int[]? needed)
    {
        AttentionWeights weights = block.Attention;
        bool given = from == BlockStage.Heads;
        if (needed is null)
        {
            if (!given)
            {
                Project(layer, block, HookKind.QInput);
                Project(layer, block, HookKind.KInput);
                Project(layer, block, HookKind.VInput);
            }

            FireHeads(HookKind.Q, layer, _buffers.Q, _config.NHeads);
            FireHeads(HookKind.K, layer, _buffers.K, _config.NKeyValueHeads);
            FireHeads(HookKind.V, layer, _buffers.V, _config.NKeyValueHeads);
            NormalizeHeads(_buffers.Q, _config.NHeads, weights.QueryNorm, HookKind.QNormScale, HookKind.QNormNormalized, layer);
            NormalizeHeads(
                _buffers.K, _config.NKeyValueHeads, weights.KeyNorm, HookKind.KNormScale, HookKind.KNormNormalized, layer);
            Rotate(HookKind.RotQ, layer, _buffers.Q, _config.NHeads);
            Rotate(HookKind.RotK, layer, _buffers.K, _config.NKeyValueHeads);
            _keys.Put(layer, _segments, _buffers.K, _buffers.V);
        }
        else
        {
            if (!given)
            {
                Project(layer, block, HookKind.KInput);
                Project(layer, block, HookKind.VInput);
            }

            FireHeads(HookKind.K, layer, _buffers.K, _config.NKeyValueHeads);
            FireHeads(HookKind.V, layer, _buffers.V, _config.NKeyValueHeads);
            NormalizeHeads(
                _buffers.K, _config.NKeyValueHeads, weights.KeyNorm, HookKind.KNormScale, HookKind.KNormNormalized, layer);
            Rotate(HookKind.RotK, layer, _buffers.K, _config.NKeyValueHeads);
            _keys.Put(layer, _segments, _buffers.K, _buffers.V);
            KeepRows(needed, given);
            if (!given)
            {
                Project(layer, block, HookKind.QInput);
            }

            FireHeads(HookKind.Q, layer, _buffers.Q, _config.NHeads);
            NormalizeHeads(_buffers.Q, _config.NHeads, weights.QueryNorm, HookKind.QNormScale, HookKind.QNormNormalized, layer);
            Rotate(HookKind.RotQ, layer, _buffers.Q, _config.NHeads);
        }

        Attend(layer);
    }

    /// <summary>
    /// Runs a block of rows that join at its input: of changed rows queries, keys and values are computed, of the others they
    /// are given.
    /// </summary>
    /// <param name="layer">The block.</param>
    /// <param name="changed">The changed rows, ascending.</param>
    /// <param name="fill">Writes queries, keys and values of the other rows.</param>
    /// <param name="needed">As in <see cref="RunBlock"/>.</param>
    public void RunJoinedBlock(int layer, int[] changed, Action fill, int[]? needed)
    {
        int d = _config.DModel;
        BlockWeights block = _weights.Blocks[layer];
        Fire(HookKind.ResidPre, layer, _buffers.Stream, d);
        NormBefore(layer, block);
        for (int i = 0; i < changed.Length; i++)
        {
            _buffers.Normed.From(changed[i], d).Rows(1, d).CopyTo(_buffers.Write.From(i, d).Span);
        }

        ProjectRows(block.Attention.Query, changed, _buffers.Q);
        ProjectRows(block.Attention.Key, changed, _buffers.K);
        ProjectRows(block.Attention.Value, changed, _buffers.V);
        fill();
        RunBlock(layer, BlockStage.Heads, needed);
    }

    /// <summary>The map of rows that stand together in the write buffer, brought to their places.</summary>
    private void ProjectRows(Linear map, int[] rows, FloatBlock destination)
    {
        int width = map.Outputs;
        MatrixProduct.Multiply(
            _buffers.Write.Rows(rows.Length, map.Inputs), rows.Length, map.Weight, map.Bias, destination.Rows(rows.Length, width),
            _threads);

        // Places ascend and lie at or behind the rows: from the last on, none is overwritten before it moved.
        for (int i = rows.Length - 1; i >= 0; i--)
        {
            if (rows[i] != i)
            {
                destination.From(i, width).Rows(1, width).CopyTo(destination.From(rows[i], width).Span);
            }
        }
    }

    private void FireHeads(HookKind kind, int layer, FloatBlock values, int heads) =>
        Fire(kind, layer, values, heads * _config.DHead, heads);

    /// <summary>Queries, keys or values of all rows, named by the point where each head's input shows.</summary>
    private void Project(int layer, BlockWeights block, HookKind input)
    {
        AttentionWeights weights = block.Attention;
        (Linear map, int heads, FloatBlock destination) = input switch
        {
            HookKind.QInput => (weights.Query, _config.NHeads, _buffers.Q),
            HookKind.KInput => (weights.Key, _config.NKeyValueHeads, _buffers.K),
            _ => (weights.Value, _config.NKeyValueHeads, _buffers.V),
        };
        bool positioned = _config.Positions == PositionKind.Shortformer && input != HookKind.VInput;
        if (HeadInputs(input, layer, heads))
        {
            ProjectEachHead(layer, block.Norm1, map, heads, positioned, destination);
        }
        else
        {
            Multiply(map, positioned ? Positioned() : _buffers.Normed, destination);
        }
    }

    /// <summary>The normalised stream plus the position embeddings, as shortformer's queries and keys read it.</summary>
    private FloatBlock Positioned()
    {
        int d = _config.DModel;
        Span<float> sum = _buffers.Positioned.Rows(_rows, d);
        TensorPrimitives.Add(_buffers.Normed.Rows(_rows, d), _buffers.PositionRows.Rows(_rows, d), sum);
        return _buffers.Positioned;
    }

    /// <summary>
    /// Offers each head's own copy of the stream where somebody listens at such a point. False when no copy may differ from
    /// the stream, so that the projection of the stream itself serves all heads.
    /// </summary>
    private bool HeadInputs(HookKind kind, int layer, int heads)
    {
        int d = _config.DModel;
        HookPoint all = new(HookKind.AttnIn, layer), point = new(kind, layer);
        bool allWanted = _hooks.Wants(all), wanted = _hooks.Wants(point), changed = _hooks.MayChange(all);
        if (allWanted && kind == HookKind.QInput)
        {
            Span<float> copies = CopyStream(_buffers.HeadStreams, heads);
            Fire(HookKind.AttnIn, layer, copies, heads * d, heads);
        }

        if (!wanted && !changed)
        {
            return false;
        }

        Span<float> own = changed
            ? _buffers.ChangedHeadStreams.Rows(_rows, heads * d)
            : CopyStream(_buffers.ChangedHeadStreams, heads);
        if (changed)
        {
            _buffers.HeadStreams.Rows(_rows, heads * d).CopyTo(own);
        }

        Fire(kind, layer, own, heads * d, heads);
        return changed || _hooks.MayChange(point);
    }

    private Span<float> CopyStream(FloatBlock destination, int heads)
    {
        int d = _config.DModel;
        Span<float> stream = _buffers.Stream.Rows(_rows, d), copies = destination.Rows(_rows, heads * d);
        for (int row = 0; row < _rows * heads; row++)
        {
            stream.Slice(row / heads * d, d).CopyTo(copies[(row * d)..]);
        }

        return copies;
    }

    /// <summary>
    /// Norm and projection head by head. A copy that was not changed reads what the stream's norm gave, as without copies; a
    /// changed one is normalised on its own. So a row's result does not depend on who else listens.
    /// </summary>
    private void ProjectEachHead(
        int layer, NormWeights? norm, Linear map, int heads, bool positioned, FloatBlock destination)
    {
        int d = _config.DModel, dHead = _config.DHead;
        bool normed = norm is not null && _config.Norm != NormKind.None && _config.Block != BlockStyle.PostNorm;
        var input = new float[_rows * d];
        var output = new float[_rows * dHead];
        for (int h = 0; h < heads; h++)
        {
            for (int row = 0; row < _rows; row++)
            {
                _buffers.ChangedHeadStreams.Span.Slice(((row * heads) + h) * d, d).CopyTo(input.AsSpan(row * d));
            }

            if (normed)
            {
                Normalize(layer, norm!, input);
            }

            for (int row = 0; row < _rows; row++)
            {
                ReadOnlySpan<float> copy = _buffers.ChangedHeadStreams.Span.Slice(((row * heads) + h) * d, d);
                if (SameBits(copy, _buffers.Stream.From(row, d).Rows(1, d)))
                {
                    _buffers.Normed.From(row, d).Rows(1, d).CopyTo(input.AsSpan(row * d));
                }
            }

            if (positioned)
            {
                TensorPrimitives.Add(input, _buffers.PositionRows.Rows(_rows, d), input);
            }

            int[] columns = [.. Enumerable.Range(h * dHead, dHead)];
            MatrixProduct.MultiplyColumns(input, _rows, map.Weight, columns, map.Bias, output);
            for (int row = 0; row < _rows; row++)
            {
                output.AsSpan(row * dHead, dHead).CopyTo(destination.Span[(((row * heads) + h) * dHead)..]);
            }
        }
    }

    private static bool SameBits(ReadOnlySpan<float> a, ReadOnlySpan<float> b) =>
        MemoryMarshal.Cast<float, int>(a).SequenceEqual(MemoryMarshal.Cast<float, int>(b));

    /// <summary>The block's first norm of rows of one head, in place.</summary>
    private void Normalize(int layer, NormWeights norm, Span<float> rows)
    {
        int d = _config.DModel;
        Span<float> scale = _buffers.Scale.Rows(_rows, 1), mean = [];
        if (_config.Norm == NormKind.Rms)
        {
            Normalization.RmsStatistics(rows, d, _config.NormEpsilon, scale);
        }
        else
        {
            mean = _buffers.Mean.Rows(_rows, 1);
            Normalization.LayerNormStatistics(rows, d, _config.NormEpsilon, mean, scale);
        }

        Watch(HookKind.Ln1Scale, layer, scale);
        Normalization.Normalize(rows, mean, scale, d, rows);
        Normalization.GainBias(rows, norm.Gain, norm.Bias, d, rows);
    }

    /// <summary>Rotary embedding of queries or keys, where the model has one.</summary>
    private void Rotate(HookKind kind, int layer, FloatBlock values, int heads)
    {
        if (_resources.Rotary is null)
        {
            return;
        }

        var job = new RotateJob { Pass = this, Values = values, Heads = heads };
        WorkerPool.Run(job, _segments.Length, _segments.Length * heads < 64 ? 1 : _threads);
        FireHeads(kind, layer, values, heads);
    }

    private void RotateSegment(int index, FloatBlock values, int heads)
    {
        RotaryConfig config = _config.Rotary!;
        RowSegment segment = _segments[index];
        RotaryTables.Tables tables = _resources.Rotary!.For(_keys.End(segment.Keys));
        int dHead = _config.DHead;
        for (int i = 0; i < segment.Count; i++)
        {
            ReadOnlySpan<float> cos = tables.Cos(segment.First + i), sin = tables.Sin(segment.First + i);
            Span<float> row = values.From(segment.Row + i, heads * dHead).Rows(1, heads * dHead);
            for (int h = 0; h < heads; h++)
            {
                Rotary.Apply(row.Slice(h * dHead, dHead), cos, sin, config.Dim, config.AdjacentPairs);
            }
        }
    }

    /// <summary>Only these rows go on; each becomes a segment of its own.</summary>
    private void KeepRows(int[] needed, bool queriesGiven)
    {
        int d = _config.DModel, q = _config.NHeads * _config.DHead;
        Gather(_buffers.Stream, d);
        Gather(_buffers.Normed, d);
        if (_config.Positions == PositionKind.Shortformer)
        {
            Gather(_buffers.PositionRows, d);
        }

        if (queriesGiven)
        {
            Gather(_buffers.Q, q);
        }

        SetRows(SegmentsOf(needed));

        // Rows ascend, so a row is read before its place is written.
        void Gather(FloatBlock matrix, int width)
        {
            for (int i = 0; i < needed.Length; i++)
            {
                if (needed[i] != i)
                {
                    matrix.From(needed[i], width).Rows(1, width).CopyTo(matrix.From(i, width).Span);
                }
            }
        }
    }

    /// <summary>One segment for each of these rows.</summary>
    private RowSegment[] SegmentsOf(int[] rows)
    {
        var kept = new RowSegment[rows.Length];
        for (int i = 0, s = 0; i < rows.Length; i++)
        {
            while (rows[i] >= _segments[s].Row + _segments[s].Count)
            {
                s++;
            }

            RowSegment from = _segments[s];
            kept[i] = new RowSegment(from.Sequence, i, 1, from.First + rows[i] - from.Row, from.Keys);
        }

        return kept;
    }

    private struct RotateJob : IParallelJob
    {
        public ForwardPass<THooks> Pass;
        public FloatBlock Values;
        public int Heads;

        public readonly void Run(int item) => Pass.RotateSegment(item, Values, Heads);
    }
}

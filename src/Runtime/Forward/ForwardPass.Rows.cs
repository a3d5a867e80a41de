using Interp.Hooks;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

internal sealed unsafe partial class ForwardPass<THooks>
{
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
        RunSteps(layer, 0, _plan.IndexOf(BlockOperation.Project), HeadSides.All);
        for (int i = 0; i < changed.Length; i++)
        {
            _buffers.Normed.From(changed[i], d).Rows(1, d).CopyTo(_buffers.Write.From(i, d).Span);
        }

        ProjectRows(block.Attention.Query, changed, _buffers.Q);
        ProjectRows(block.Attention.Key, changed, _buffers.K);
        ProjectRows(block.Attention.Value, changed, _buffers.V);
        fill();
        RunBlock(layer, _plan.IndexOf(HookKind.Q), needed);
    }

    /// <summary>The map of rows that stand together in the write buffer, brought to their places.</summary>
    private void ProjectRows(Linear map, int[] rows, FloatBlock destination)
    {
        int width = map.Outputs;
        Count(rows.Length, map);
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
}

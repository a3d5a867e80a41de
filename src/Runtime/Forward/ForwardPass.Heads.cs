using System.Numerics.Tensors;
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
                ProjectAll(layer, block);
            }

            FireHeads(HookKind.Q, layer, _buffers.Q, _config.NHeads);
            FireHeads(HookKind.K, layer, _buffers.K, _config.NKeyValueHeads);
            FireHeads(HookKind.V, layer, _buffers.V, _config.NKeyValueHeads);
            NormalizeHeads(_buffers.Q, _config.NHeads, weights.QueryNorm, HookKind.QNormScale, HookKind.QNormNormalized, layer);
            NormalizeHeads(
                _buffers.K, _config.NKeyValueHeads, weights.KeyNorm, HookKind.KNormScale, HookKind.KNormNormalized, layer);
            Rotate(HookKind.RotQ, layer, _buffers.Q, _config.NHeads);
            Rotate(HookKind.RotK, layer, _buffers.K, _config.NKeyValueHeads);
            _keys.Take(layer, _segments, _buffers.K, _buffers.V);
            if (PutsKeysWithAttention(layer))
            {
                Attend(layer, AttentionParts.Keys);
                return;
            }

            _keys.Put();
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
            FinishKeys(layer, weights);
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
    /// Takes keys of rows that are not run themselves, from before head norms and rotary. They are in the matrix afterwards; values are where
    /// <see cref="PassKeys"/> looks for them.
    /// </summary>
    public void PutKeys(int layer, RowSegment[] segments)
    {
        if (segments.Length > 0)
        {
            SetRows(segments);
            FinishKeys(layer, _weights.Blocks[layer].Attention);
        }
    }

    /// <summary>From projected keys to those that queries read.</summary>
    private void FinishKeys(int layer, AttentionWeights weights)
    {
        NormalizeHeads(_buffers.K, _config.NKeyValueHeads, weights.KeyNorm, HookKind.KNormScale, HookKind.KNormNormalized, layer);
        Rotate(HookKind.RotK, layer, _buffers.K, _config.NKeyValueHeads);
        _keys.Take(layer, _segments, _buffers.K, _buffers.V);
        _keys.Put();
    }

    private void FireHeads(HookKind kind, int layer, FloatBlock values, int heads) =>
        Fire(kind, layer, values, heads * _config.DHead, heads);

    /// <summary>Queries, keys and values of all rows; in one run of the threads where all heads read the same.</summary>
    private void ProjectAll(int layer, BlockWeights block)
    {
        if (_config.Positions == PositionKind.Shortformer || ListensToHeadInputs(layer))
        {
            Project(layer, block, HookKind.QInput);
            Project(layer, block, HookKind.KInput);
            Project(layer, block, HookKind.VInput);
            return;
        }

        AttentionWeights weights = block.Attention;
        MatrixProduct.MultiplyThree(
            _buffers.Normed.Rows(_rows, weights.Query.Inputs), _rows,
            Target(weights.Query, _buffers.Q), Target(weights.Key, _buffers.K), Target(weights.Value, _buffers.V), _threads);
    }

    private MatrixProduct.Target Target(Linear map, FloatBlock destination)
    {
        Count(_rows, map);
        return new(map.Weight, map.Bias, destination.Rows(_rows, map.Outputs));
    }

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

    private struct RotateJob : IParallelJob
    {
        public ForwardPass<THooks> Pass;
        public FloatBlock Values;
        public int Heads;

        public readonly void Run(int item) => Pass.RotateSegment(item, Values, Heads);
    }
}

using System.Numerics.Tensors;
using Interp.Hooks;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Forward;

internal sealed unsafe partial class ForwardPass<THooks>
{
    private bool _attentionPutsKeys;

    /// <summary>Whose projections a step treats: where only some rows go on, keys and values are computed of all rows and before the queries.</summary>
    [Flags]
    private enum HeadSides
    {
        Queries = 1,
        Keys = 2,
        All = Queries | Keys,
    }

    /// <summary>Queries, keys and values of all rows, or one side of them.</summary>
    private void ProjectHeads(int layer, BlockWeights block, HeadSides sides)
    {
        if (sides == HeadSides.All && _config.Positions != PositionKind.Shortformer && !ListensToHeadInputs(layer))
        {
            // In one run of the threads, since all heads read the same.
            AttentionWeights weights = block.Attention;
            MatrixProduct.MultiplyThree(
                _buffers.Normed.Rows(_rows, weights.Query.Inputs), _rows,
                Target(weights.Query, _buffers.Q), Target(weights.Key, _buffers.K), Target(weights.Value, _buffers.V), _threads);
            return;
        }

        if (sides.HasFlag(HeadSides.Queries))
        {
            Project(layer, block, HookKind.QInput);
        }

        if (sides.HasFlag(HeadSides.Keys))
        {
            Project(layer, block, HookKind.KInput);
            Project(layer, block, HookKind.VInput);
        }
    }

    private void OfferHeads(int layer, HeadSides sides)
    {
        if (sides.HasFlag(HeadSides.Queries))
        {
            FireHeads(HookKind.Q, layer, _buffers.Q, _config.NHeads);
        }

        if (sides.HasFlag(HeadSides.Keys))
        {
            FireHeads(HookKind.K, layer, _buffers.K, _config.NKeyValueHeads);
            FireHeads(HookKind.V, layer, _buffers.V, _config.NKeyValueHeads);
        }
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
            int offer = _plan.IndexOf(HookKind.K);
            RunSteps(layer, offer + 1, _plan.IndexOf(BlockOperation.Attend), HeadSides.Keys);
        }
    }

    /// <summary>Keys and values to where queries find them; the keys' panels by attention itself where the same rows go on and it may.</summary>
    private void StoreKeys(int layer, bool together)
    {
        _keys.Take(layer, _segments, _buffers.K, _buffers.V);
        _attentionPutsKeys = together && PutsKeysWithAttention(layer);
        if (!_attentionPutsKeys)
        {
            _keys.Put();
        }
    }

    private void FireHeads(HookKind kind, int layer, FloatBlock values, int heads) =>
        Fire(kind, layer, values, heads * _config.DHead, heads);

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
            ProjectEachHead(layer, _plan.NormBefore(BlockOperation.Project) is { } norm ? block.Norm(norm) : null, map, heads, positioned, destination);
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

    private void Rotate(int layer, HeadSides sides)
    {
        if (sides.HasFlag(HeadSides.Queries))
        {
            Rotate(HookKind.RotQ, layer, _buffers.Q, _config.NHeads);
        }

        if (sides.HasFlag(HeadSides.Keys))
        {
            Rotate(HookKind.RotK, layer, _buffers.K, _config.NKeyValueHeads);
        }
    }

    private void Rotate(HookKind kind, int layer, FloatBlock values, int heads)
    {
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

using Interp.Hooks;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

/// <summary>
/// Runs the plan of a model's blocks on a matrix with one row per (sequence, position); everything but attention works on rows. Each activation is offered to <typeparamref name="THooks"/>, which may change it, before anything else
/// reads it. A pass holds some rows of some sequences: all rows of a batch (<see cref="BatchRun"/>), or those that a patch
/// changes.
/// </summary>
/// <typeparam name="THooks">The listener; an empty struct compiles away.</typeparam>
internal sealed unsafe partial class ForwardPass<THooks>
    where THooks : struct, IForwardHooks
{
    private readonly ForwardResources _resources;
    private readonly ModelConfig _config;
    private readonly BlockPlan _plan;
    private readonly ModelWeights _weights;
    private readonly PassBuffers _buffers;
    private readonly PassKeys _keys;
    private readonly int _threads;
    private readonly THooks _hooks;
    private RowSegment[] _segments = [];
    private SequenceRows[] _offered = [];
    private int _rows;

    /// <summary>Prepares a pass; rows come later.</summary>
    public ForwardPass(ForwardResources resources, PassBuffers buffers, PassKeys keys, int threads, THooks hooks)
    {
        _resources = resources;
        _config = resources.Config;
        _plan = BlockPlan.Of(_config);
        _weights = resources.Weights;
        _buffers = buffers;
        _keys = keys;
        _threads = threads;
        _hooks = hooks;
        _slopes = _config.Positions == PositionKind.Alibi && !_config.RoundedAlibi
            ? PositionTables.AlibiSlopes(_config.NHeads)
            : new float[_config.NHeads];
    }

    /// <summary>The rows that are in the matrix.</summary>
    public RowSegment[] Segments => _segments;

    /// <summary>Number of rows.</summary>
    public int Rows => _rows;

    /// <summary>Says which rows are in the matrix, in order of their place.</summary>
    public void SetRows(RowSegment[] segments)
    {
        _segments = segments;
        _offered = Array.ConvertAll(segments, static segment => segment.Offered);
        _rows = segments.Length == 0 ? 0 : segments[^1].Row + segments[^1].Count;
    }

    /// <summary>Runs a block, or its plan from a step on; the stream is changed from what enters the block to what leaves it.</summary>
    /// <param name="layer">The block.</param>
    /// <param name="from">The first step that is run; what it and later ones read of earlier ones is given in the buffers.</param>
    /// <param name="needed">
    /// Rows that are needed after attention, ascending; null = all. Of the others only keys and values are computed, and they are
    /// not in the matrix any more. Without effect where the pass begins behind attention.
    /// </param>
    public void RunBlock(int layer, int from = 0, int[]? needed = null)
    {
        int project = _plan.IndexOf(BlockOperation.Project), attend = _plan.IndexOf(BlockOperation.Attend);
        if (needed is not null && from <= attend)
        {
            RunSteps(layer, from, project, HeadSides.All);
            int heads = Math.Max(from, project);
            RunSteps(layer, heads, attend, HeadSides.Keys);
            KeepRows(needed, queriesGiven: from > project);
            RunSteps(layer, heads, attend, HeadSides.Queries);
            from = attend;
        }

        RunSteps(layer, from, _plan.Steps.Length, HeadSides.All);
    }

    /// <summary>Computes what attention reads, as the steps in front of it do.</summary>
    public void NormBefore(int layer) => RunSteps(layer, 1, _plan.IndexOf(BlockOperation.Project), HeadSides.All);

    private void RunSteps(int layer, int from, int end, HeadSides sides)
    {
        BlockWeights block = _weights.Blocks[layer];
        for (int i = from; i < end; i++)
        {
            BlockStep step = _plan.Steps[i];
            switch (step.Operation)
            {
                case BlockOperation.Offer when step.From == BlockSlot.Heads:
                    OfferHeads(layer, sides);
                    break;
                case BlockOperation.Offer:
                    Fire(step.Points[0], layer, _buffers.Of(step.From), Width(step.From), step.From == BlockSlot.Z ? _config.NHeads : 1);
                    break;
                case BlockOperation.Copy or BlockOperation.Normalize:
                    NormalizeRows(step, layer, block);
                    break;
                case BlockOperation.Project:
                    ProjectHeads(layer, block, sides);
                    break;
                case BlockOperation.NormalizeHeads:
                    NormalizeHeads(layer, block.Attention, sides);
                    break;
                case BlockOperation.Rotate:
                    Rotate(layer, sides);
                    break;
                case BlockOperation.StoreKeys when sides.HasFlag(HeadSides.Keys):
                    StoreKeys(layer, together: sides == HeadSides.All);
                    break;
                case BlockOperation.Attend:
                    Attend(layer);
                    break;
                case BlockOperation.WriteAttention when SumsAtOnce(i, layer):
                    AddAttention(block.Attention.Output);
                    i = SumAfter(i);
                    break;
                case BlockOperation.WriteAttention:
                    WriteAttention(layer, block.Attention.Output);
                    break;
                case BlockOperation.FeedForward when block.Mixture is { } mixture:
                    Mixture(layer, mixture, _buffers.Of(step.From), _buffers.FeedForwardWrite);
                    break;
                case BlockOperation.FeedForward when SumsAtOnce(i, layer):
                    Dense(layer, block.FeedForward!, _buffers.Of(step.From), _buffers.Stream, add: true);
                    i = SumAfter(i);
                    break;
                case BlockOperation.FeedForward:
                    Dense(layer, block.FeedForward!, _buffers.Of(step.From), _buffers.FeedForwardWrite, add: false);
                    break;
                case BlockOperation.Add:
                    RowJobs.Add(_buffers.Stream, _buffers.Of(step.From), _rows, _config.DModel, _threads);
                    break;
            }
        }
    }

    private int Width(BlockSlot slot) => slot == BlockSlot.Z ? _config.NHeads * _config.DHead : _config.DModel;

    /// <summary>
    /// Whether a branch's write can be added to the stream as it is computed: only its offer stands between the branch and the sum, and
    /// nobody looks at it. The bits are those of adding it afterwards.
    /// </summary>
    private bool SumsAtOnce(int branch, int layer)
    {
        BlockStep step = _plan.Steps[branch];
        return step.From != BlockSlot.Stream && SumAfter(branch) is var sum && sum == branch + 2
            && !_hooks.Wants(new HookPoint(_plan.Steps[branch + 1].Points[0], layer))
            && !(step.Operation == BlockOperation.WriteAttention && _hooks.Wants(Hook.Result(layer)));
    }

    /// <summary>Place of the step that adds what a branch wrote.</summary>
    private int SumAfter(int branch)
    {
        int sum = branch + 1;
        while (_plan.Steps[sum].Operation != BlockOperation.Add || _plan.Steps[sum].From != _plan.Steps[branch].To)
        {
            sum++;
        }

        return sum;
    }

    private void NormalizeRows(BlockStep step, int layer, BlockWeights block)
    {
        FloatBlock from = _buffers.Of(step.From), to = _buffers.Of(step.To);
        if (step.Inputs is [HookKind.MlpIn] && _hooks.Wants(new HookPoint(HookKind.MlpIn, layer)))
        {
            from.Rows(_rows, _config.DModel).CopyTo(to.Span);
            Fire(HookKind.MlpIn, layer, to, _config.DModel);
            from = to;
        }

        if (step.Operation == BlockOperation.Normalize)
        {
            ApplyNorm(from, block.Norm(step.Norm!.Value)!, step.Points[0], step.Points[1], layer, to);
        }
        else if (from.Pointer != to.Pointer)
        {
            from.Rows(_rows, _config.DModel).CopyTo(to.Span);
        }
    }

    private void ApplyNorm(FloatBlock x, NormWeights norm, HookKind scaleKind, HookKind normalizedKind, int layer, FloatBlock destination)
    {
        int d = _config.DModel;
        bool listened = _hooks.Wants(new HookPoint(scaleKind, layer)) || _hooks.Wants(new HookPoint(normalizedKind, layer));
        Norm(listened ? RowJobs.NormParts.Statistics : RowJobs.NormParts.All);
        Fire(scaleKind, layer, _buffers.Scale, 1);
        Watch(scaleKind, layer, _buffers.Scale.Rows(_rows, 1));
        if (listened)
        {
            Norm(RowJobs.NormParts.Normalize);
            Fire(normalizedKind, layer, destination, d);
            Norm(RowJobs.NormParts.GainBias);
        }

        void Norm(RowJobs.NormParts parts) => RowJobs.Norm(
            parts, _config.Norm, _config.NormEpsilon, norm, x, _rows, d, _buffers.Mean, _buffers.Scale, destination, _threads);
    }

    /// <summary>Offers an activation of the row matrix, segment by segment.</summary>
    /// <param name="kind">Kind of the point.</param>
    /// <param name="layer">Layer, or -1.</param>
    /// <param name="values">[rows, width].</param>
    /// <param name="width">Floats per row, all heads together.</param>
    /// <param name="heads">Size of the head axis, 1 when there is none.</param>
    private void Fire(HookKind kind, int layer, FloatBlock values, int width, int heads = 1) =>
        Fire(kind, layer, _hooks.Wants(new HookPoint(kind, layer)) ? values.Rows(_rows, width) : default, width, heads);

    private void Fire(HookKind kind, int layer, Span<float> values, int width, int heads = 1)
    {
        var point = new HookPoint(kind, layer);
        if (!_hooks.Wants(point))
        {
            return;
        }

        foreach (RowSegment segment in _segments)
        {
            Span<float> rows = values.Slice(segment.Row * width, segment.Count * width);
            _hooks.OnActivation(new Activation(point, segment.Sequence, segment.First, segment.Count, heads, rows));
        }

        _hooks.OnBatch(new ActivationBatch(point, _offered, values, width, _threads));
    }

    private void Multiply(Linear map, FloatBlock input, FloatBlock destination)
    {
        Count(_rows, map);
        MatrixProduct.Multiply(
            input.Rows(_rows, map.Inputs), _rows, map.Weight, map.Bias, destination.Rows(_rows, map.Outputs), _threads);
    }
}

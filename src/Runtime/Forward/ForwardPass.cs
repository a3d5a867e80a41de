using Interp.Hooks;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

/// <summary>
/// The one block implementation of all families, on a matrix with one row per (sequence, position); everything but attention
/// works on rows. Each activation is offered to <typeparamref name="THooks"/>, which may change it, before anything else
/// reads it. A pass holds some rows of some sequences: all rows of a batch (<see cref="BatchRun"/>), or those that a patch
/// changes.
/// </summary>
/// <typeparam name="THooks">The listener; an empty struct compiles away.</typeparam>
internal sealed unsafe partial class ForwardPass<THooks>
    where THooks : struct, IForwardHooks
{
    private readonly ForwardResources _resources;
    private readonly ModelConfig _config;
    private readonly ModelWeights _weights;
    private readonly PassBuffers _buffers;
    private readonly PassKeys _keys;
    private readonly int _threads;
    private readonly THooks _hooks;
    private RowSegment[] _segments = [];
    private int _rows;

    /// <summary>Prepares a pass; rows come later.</summary>
    public ForwardPass(ForwardResources resources, PassBuffers buffers, PassKeys keys, int threads, THooks hooks)
    {
        _resources = resources;
        _config = resources.Config;
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
        _rows = segments.Length == 0 ? 0 : segments[^1].Row + segments[^1].Count;
    }

    /// <summary>
    /// Runs a block from a stage on; the stream is changed from what enters the block to what leaves it.
    /// </summary>
    /// <param name="layer">The block.</param>
    /// <param name="from">What is given in the buffers.</param>
    /// <param name="needed">
    /// Rows that are needed afterwards, ascending; null = all. Of the others only keys and values are computed, and they are
    /// not in the matrix any more.
    /// </param>
    public void RunBlock(int layer, BlockStage from = BlockStage.ResidPre, int[]? needed = null)
    {
        int d = _config.DModel;
        BlockWeights block = _weights.Blocks[layer];
        FloatBlock stream = _buffers.Stream, write = _buffers.Write;
        bool post = _config.Block == BlockStyle.PostNorm;
        bool parallel = _config.Block is BlockStyle.Parallel or BlockStyle.ParallelSharedNorm;
        if (from == BlockStage.ResidPre)
        {
            Fire(HookKind.ResidPre, layer, stream, d);
            NormBefore(layer, block);
        }

        if (from <= BlockStage.Heads)
        {
            Heads(layer, block, from, needed);
        }

        if (from <= BlockStage.Z)
        {
            Fire(HookKind.Z, layer, _buffers.Z, _config.NHeads * _config.DHead, _config.NHeads);
            if (WritesToStream(Hook.AttnOut(layer), block.Norm1Post) && !_hooks.Wants(Hook.Result(layer)))
            {
                AddAttention(block.Attention.Output);
                from = BlockStage.ResidMid;
            }
            else
            {
                WriteAttention(layer, block.Attention.Output);
                NormalizeBranch(write, block.Norm1Post, HookKind.Ln1PostScale, HookKind.Ln1PostNormalized, layer);
            }
        }

        if (from <= BlockStage.AttnOut)
        {
            Fire(HookKind.AttnOut, layer, write, d);
            if (!parallel)
            {
                Add(stream, write);
            }
        }

        if (from <= BlockStage.ResidMid && !_config.AttnOnly)
        {
            if (!parallel)
            {
                Fire(HookKind.ResidMid, layer, stream, d);
            }

            if (post)
            {
                ApplyNorm(stream, block.Norm1, HookKind.Ln1Scale, HookKind.Ln1Normalized, layer, stream);
            }

            if (FeedForward(layer, block))
            {
                from = BlockStage.ResidPost;
            }
        }

        if (from <= BlockStage.MlpOut)
        {
            LeaveBlock(layer, parallel);
        }

        Fire(HookKind.ResidPost, layer, stream, d);
        if (post)
        {
            ApplyNorm(stream, block.Norm2, HookKind.Ln2Scale, HookKind.Ln2Normalized, layer, stream);
            Fire(HookKind.NormalizedResidPost, layer, stream, d);
        }
    }

    /// <summary>What attention reads: the normalised stream, or in a post-norm block the stream itself.</summary>
    public void NormBefore(int layer, BlockWeights block)
    {
        if (_config.Block == BlockStyle.PostNorm)
        {
            _buffers.Stream.Rows(_rows, _config.DModel).CopyTo(_buffers.Normed.Span);
        }
        else
        {
            ApplyNorm(_buffers.Stream, block.Norm1, HookKind.Ln1Scale, HookKind.Ln1Normalized, layer, _buffers.Normed);
        }
    }

    /// <summary>
    /// Whether what a branch writes can be added to the stream as it is computed: nobody looks at it, and nothing stands between.
    /// The bits are those of adding it afterwards.
    /// </summary>
    private bool WritesToStream(HookPoint point, NormWeights? between) =>
        between is null && !_hooks.Wants(point) && (_config.Block is BlockStyle.PreNorm or BlockStyle.PostNorm);

    private void LeaveBlock(int layer, bool parallel)
    {
        if (!_config.AttnOnly)
        {
            Fire(HookKind.MlpOut, layer, _buffers.FeedForwardWrite, _config.DModel);
        }

        if (parallel)
        {
            Add(_buffers.Stream, _buffers.Write);
        }

        if (!_config.AttnOnly)
        {
            Add(_buffers.Stream, _buffers.FeedForwardWrite);
        }
    }

    private void ApplyNorm(
        FloatBlock x, NormWeights? norm, HookKind scaleKind, HookKind normalizedKind, int layer, FloatBlock destination)
    {
        int d = _config.DModel;
        if (norm is null || _config.Norm == NormKind.None)
        {
            if (x.Pointer != destination.Pointer)
            {
                x.Rows(_rows, d).CopyTo(destination.Span);
            }

            return;
        }

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

        Record(point, _segments, values, width);
    }

    private void Record(HookPoint point, ReadOnlySpan<RowSegment> segments, ReadOnlySpan<float> values, int width)
    {
        if (_hooks is IBatchRecorder recorder)
        {
            recorder.Record(point, segments, values, width, _threads);
        }
    }

    private void Add(FloatBlock stream, FloatBlock write) => RowJobs.Add(stream, write, _rows, _config.DModel, _threads);

    private void Multiply(Linear map, FloatBlock input, FloatBlock destination)
    {
        Count(_rows, map);
        MatrixProduct.Multiply(
            input.Rows(_rows, map.Inputs), _rows, map.Weight, map.Bias, destination.Rows(_rows, map.Outputs), _threads);
    }
}

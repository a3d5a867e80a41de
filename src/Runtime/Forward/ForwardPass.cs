using System.Numerics.Tensors;
using Interp.Hooks;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

/// <summary>
/// One forward pass over a ragged batch: the one block implementation of all families. A batch is a matrix of rows, one
/// per (sequence, position); everything but attention works on rows. Each activation is offered to
/// <typeparamref name="THooks"/>, which may change it, before anything else reads it.
/// </summary>
/// <typeparam name="THooks">The listener; an empty struct compiles away.</typeparam>
internal sealed partial class ForwardPass<THooks>
    where THooks : struct, IForwardHooks
{
    private readonly ModelConfig _config;
    private readonly ModelWeights _weights;
    private readonly TokenBatch _batch;
    private readonly KeyValueCache? _cache;
    private readonly int _threads;
    private readonly int[] _rowStart;
    private readonly int[] _first;
    private readonly int _rows;
    private readonly float[] _mean;
    private readonly float[] _scale;
    private readonly THooks _hooks;

    public ForwardPass(
        ModelConfig config, ModelWeights weights, TokenBatch batch, KeyValueCache? cache, int threads, THooks hooks)
    {
        _config = config;
        _weights = weights;
        _batch = batch;
        _cache = cache;
        _threads = threads;
        _hooks = hooks;
        _first = cache is null ? new int[batch.Count] : [.. cache.Lengths];
        _rowStart = new int[batch.Count + 1];
        for (int s = 0; s < batch.Count; s++)
        {
            _rowStart[s + 1] = _rowStart[s] + batch.Tokens(s).Length;
        }

        _rows = _rowStart[^1];
        _mean = new float[_rows];
        _scale = new float[_rows];
    }

    /// <summary>Runs the model.</summary>
    /// <param name="logits">For which positions logits are computed.</param>
    /// <returns>Logits of these rows, sequence by sequence, [rows, d_vocab].</returns>
    public float[] Run(LogitRows logits)
    {
        int[] logitRows = LogitRowIndices(logits);
        float[] stream = Embed();
        float[] positions = _config.Positions == PositionKind.Shortformer ? PositionRows() : [];
        (float[] Cos, float[] Sin)[] rotary = _config.Rotary is { } r
            ? [.. Enumerable.Range(0, _batch.Count).Select(s => PositionTables.Rotary(r, _first[s], Length(s)))]
            : [];
        for (int layer = 0; layer < _config.NLayers; layer++)
        {
            RunBlock(layer, stream, positions, rotary);
        }

        for (int s = 0; s < _batch.Count; s++)
        {
            _cache?.Advance(s, Length(s));
        }

        return Unembed(stream, logitRows);
    }

    private int Length(int sequence) => _rowStart[sequence + 1] - _rowStart[sequence];

    private void RunBlock(int layer, float[] stream, float[] positions, (float[] Cos, float[] Sin)[] rotary)
    {
        int d = _config.DModel;
        BlockWeights block = _weights.Blocks[layer];
        bool post = _config.Block == BlockStyle.PostNorm;
        var normed = new float[_rows * d];
        var write = new float[_rows * d];

        Fire(HookKind.ResidPre, layer, stream, d);
        if (post)
        {
            stream.CopyTo(normed, 0);
        }
        else
        {
            ApplyNorm(stream, block.Norm1, HookKind.Ln1Scale, HookKind.Ln1Normalized, layer, normed);
        }

        Attention(layer, block, stream, normed, positions, rotary, write);
        NormalizeBranch(write, block.Norm1Post, HookKind.Ln1PostScale, HookKind.Ln1PostNormalized, layer);
        Fire(HookKind.AttnOut, layer, write, d);
        if (_config.AttnOnly)
        {
            Add(stream, write);
        }
        else if (_config.Block is BlockStyle.Parallel or BlockStyle.ParallelSharedNorm)
        {
            float[] attentionWrite = write;
            write = new float[_rows * d];
            FeedForward(layer, block, stream, normed, write);
            Add(stream, attentionWrite);
            Add(stream, write);
        }
        else
        {
            Add(stream, write);
            Fire(HookKind.ResidMid, layer, stream, d);
            if (post)
            {
                ApplyNorm(stream, block.Norm1, HookKind.Ln1Scale, HookKind.Ln1Normalized, layer, stream);
                stream.CopyTo(normed, 0);
            }

            FeedForward(layer, block, stream, normed, write);
            Add(stream, write);
        }

        Fire(HookKind.ResidPost, layer, stream, d);
        if (post)
        {
            ApplyNorm(stream, block.Norm2, HookKind.Ln2Scale, HookKind.Ln2Normalized, layer, stream);
            Fire(HookKind.NormalizedResidPost, layer, stream, d);
        }
    }

    private float[] Embed()
    {
        int d = _config.DModel;
        var stream = new float[_rows * d];
        for (int s = 0, row = 0; s < _batch.Count; s++)
        {
            foreach (int token in _batch.Tokens(s))
            {
                _weights.TokenEmbedding.CopyRow(token, stream.AsSpan(row++ * d, d));
            }
        }

        if (_config.EmbedScale != 1)
        {
            TensorPrimitives.Multiply(stream.AsSpan(), _config.EmbedScale, stream);
        }

        Fire(HookKind.Embed, -1, stream, d);
        if (_config.Positions == PositionKind.Learned)
        {
            Add(stream, PositionRows());
        }

        if (_config.TokenTypes > 0)
        {
            float[] types = Gather(
                _weights.TokenTypeEmbedding, (s, i) => _batch.TokenTypes(s) is { IsEmpty: false } given ? given[i] : 0);
            Fire(HookKind.TokenTypeEmbed, -1, types, d);
            Add(stream, types);
        }

        if (_weights.EmbedNorm is { } norm)
        {
            ApplyNorm(stream, norm, HookKind.EmbedNormScale, HookKind.EmbedNormNormalized, -1, stream);
            Fire(HookKind.FullEmbed, -1, stream, d);
        }

        return stream;
    }

    private float[] PositionRows()
    {
        float[] positions = Gather(_weights.PositionEmbedding, (s, i) => _first[s] + i);
        Fire(HookKind.PosEmbed, -1, positions, _config.DModel);
        return positions;
    }

    private float[] Gather(float[] table, Func<int, int, int> index)
    {
        int d = _config.DModel;
        var rows = new float[_rows * d];
        for (int s = 0; s < _batch.Count; s++)
        {
            for (int i = 0; i < Length(s); i++)
            {
                table.AsSpan(index(s, i) * d, d).CopyTo(rows.AsSpan((_rowStart[s] + i) * d));
            }
        }

        return rows;
    }

    private float[] Unembed(float[] stream, int[] rows)
    {
        int d = _config.DModel;
        if (_config.MlmHead && _weights.MlmHead is { } head)
        {
            var transformed = new float[_rows * d];
            MatrixProduct.Multiply(stream, _rows, head.Dense.Weight, head.Dense.Bias, transformed, _threads);
            Fire(HookKind.MlmPre, -1, transformed, d);
            Activations.Apply(_config.Activation, transformed, transformed);
            ApplyNorm(transformed, head.Norm, HookKind.MlmScale, HookKind.MlmNormalized, -1, stream);
        }
        else if (_config.FinalNorm)
        {
            ApplyNorm(stream, _weights.FinalNorm, HookKind.FinalScale, HookKind.FinalNormalized, -1, stream);
        }

        Fire(HookKind.UnembedIn, -1, stream, d);
        bool observed = _hooks.Wants(Hook.UnembedOut), some = rows.Length < _rows;
        float[] result = observed || !some ? Logits(stream, _rows) : Logits(Take(stream, rows, d), rows.Length);
        if (observed)
        {
            Fire(HookKind.UnembedOut, -1, result, _config.DVocab);
            result = some ? Take(result, rows, _config.DVocab) : result;
        }

        SoftCap.Apply(result, _config.LogitSoftCap, result);
        Watch(HookKind.UnembedOut, -1, result, rows);
        return result;

        float[] Logits(float[] inputs, int count)
        {
            var values = new float[count * _config.DVocab];
            MatrixProduct.Multiply(inputs, count, _weights.Unembed.Weight, _weights.Unembed.Bias, values, _threads);
            return values;
        }
    }

    private void ApplyNorm(
        ReadOnlySpan<float> x, NormWeights? norm, HookKind scaleKind, HookKind normalizedKind, int layer, Span<float> destination)
    {
        if (norm is null || _config.Norm == NormKind.None)
        {
            x.CopyTo(destination);
            return;
        }

        int d = _config.DModel;
        ReadOnlySpan<float> mean = Statistics(x);
        Fire(scaleKind, layer, _scale, 1);
        Watch(scaleKind, layer, _scale);
        Normalization.Normalize(x, mean, _scale, d, destination);
        Fire(normalizedKind, layer, destination, d);
        Normalization.GainBias(destination, norm.Gain, norm.Bias, d, destination);
    }

    private ReadOnlySpan<float> Statistics(ReadOnlySpan<float> x)
    {
        if (_config.Norm == NormKind.Rms)
        {
            Normalization.RmsStatistics(x, _config.DModel, _config.NormEpsilon, _scale);
            return [];
        }

        Normalization.LayerNormStatistics(x, _config.DModel, _config.NormEpsilon, _mean, _scale);
        return _mean;
    }

    /// <summary>Offers an activation of the row matrix, sequence by sequence.</summary>
    /// <param name="kind">Kind of the point.</param>
    /// <param name="layer">Layer, or -1.</param>
    /// <param name="values">[rows, width].</param>
    /// <param name="width">Floats per row, all heads together.</param>
    /// <param name="heads">Size of the head axis, 1 when there is none.</param>
    private void Fire(HookKind kind, int layer, Span<float> values, int width, int heads = 1)
    {
        var point = new HookPoint(kind, layer);
        if (!_hooks.Wants(point))
        {
            return;
        }

        for (int s = 0; s < _batch.Count; s++)
        {
            Span<float> rows = values.Slice(_rowStart[s] * width, Length(s) * width);
            _hooks.OnActivation(new Activation(point, s, _first[s], Length(s), heads, rows));
        }
    }

    private static void Add(float[] stream, ReadOnlySpan<float> write) =>
        TensorPrimitives.Add(stream.AsSpan(), write, stream.AsSpan());
}

using System.Buffers;
using System.Numerics.Tensors;
using Interp.Hooks;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

internal sealed partial class ForwardPass<THooks>
{
    private void Attention(
        int layer,
        BlockWeights block,
        float[] stream,
        float[] normed,
        float[] positions,
        (float[] Cos, float[] Sin)[] rotary,
        float[] write)
    {
        int heads = _config.NHeads, keyHeads = _config.NKeyValueHeads, dHead = _config.DHead;
        AttentionWeights weights = block.Attention;
        float[] positioned = positions.Length == 0 ? normed : Sum(normed, positions);
        float[]? copies = HeadInputs(HookKind.AttnIn, layer, heads, stream, null);
        float[] q = Project(HookKind.QInput, weights.Query, heads, positioned, positions);
        float[] k = Project(HookKind.KInput, weights.Key, keyHeads, positioned, positions);
        float[] v = Project(HookKind.VInput, weights.Value, keyHeads, normed, []);
        Fire(HookKind.Q, layer, q, heads * dHead, heads);
        Fire(HookKind.K, layer, k, keyHeads * dHead, keyHeads);
        Fire(HookKind.V, layer, v, keyHeads * dHead, keyHeads);
        NormalizeHeads(q, heads, weights.QueryNorm, HookKind.QNormScale, HookKind.QNormNormalized, layer);
        NormalizeHeads(k, keyHeads, weights.KeyNorm, HookKind.KNormScale, HookKind.KNormNormalized, layer);
        if (rotary.Length > 0)
        {
            Rotate(q, heads, rotary);
            Rotate(k, keyHeads, rotary);
            Fire(HookKind.RotQ, layer, q, heads * dHead, heads);
            Fire(HookKind.RotK, layer, k, keyHeads * dHead, keyHeads);
        }

        var z = new float[_rows * heads * dHead];
        for (int s = 0; s < _batch.Count; s++)
        {
            Attend(layer, s, q, k, v, z);
        }

        Fire(HookKind.Z, layer, z, heads * dHead, heads);
        WriteAttention(layer, weights.Output, z, write);

        float[] Project(HookKind kind, Linear map, int count, float[] input, float[] added)
        {
            float[]? own = HeadInputs(kind, layer, count, stream, copies);
            return own is null ? Multiply(map, input) : ProjectEachHead(layer, own, block.Norm1, map, count, added);
        }
    }

    /// <summary>
    /// Each head's own copy of the stream, when somebody listens at such a point; null when no copy may differ from the
    /// stream, so that the projection of the stream itself serves all heads.
    /// </summary>
    private float[]? HeadInputs(HookKind kind, int layer, int heads, float[] stream, float[]? changed)
    {
        var point = new HookPoint(kind, layer);
        bool wanted = _hooks.Wants(point);
        if (!wanted && changed is null)
        {
            return null;
        }

        int d = _config.DModel;
        float[] copies;
        if (changed is not null)
        {
            copies = [.. changed];
        }
        else
        {
            copies = new float[_rows * heads * d];
            for (int row = 0; row < _rows * heads; row++)
            {
                stream.AsSpan(row / heads * d, d).CopyTo(copies.AsSpan(row * d));
            }
        }

        if (wanted)
        {
            Fire(kind, layer, copies, heads * d, heads);
        }

        return changed is not null || _hooks.MayChange(point) ? copies : null;
    }

    /// <summary>Norm and projection head by head, each from its own copy of the stream: the same bits when copies agree.</summary>
    private float[] ProjectEachHead(int layer, float[] copies, NormWeights? norm, Linear map, int heads, float[] added)
    {
        int d = _config.DModel, dHead = _config.DHead;
        var input = new float[_rows * d];
        var output = new float[_rows * dHead];
        var result = new float[_rows * heads * dHead];
        for (int h = 0; h < heads; h++)
        {
            for (int row = 0; row < _rows; row++)
            {
                copies.AsSpan(((row * heads) + h) * d, d).CopyTo(input.AsSpan(row * d));
            }

            if (norm is not null && _config.Norm != NormKind.None)
            {
                ReadOnlySpan<float> mean = Statistics(input);
                Watch(HookKind.Ln1Scale, layer, _scale);
                Normalization.Normalize(input, mean, _scale, d, input);
                Normalization.GainBias(input, norm.Gain, norm.Bias, d, input);
            }

            if (added.Length > 0)
            {
                Add(input, added);
            }

            int[] columns = [.. Enumerable.Range(h * dHead, dHead)];
            MatrixProduct.MultiplyColumns(input, _rows, map.Weight, columns, map.Bias, output);
            for (int row = 0; row < _rows; row++)
            {
                output.AsSpan(row * dHead, dHead).CopyTo(result.AsSpan(((row * heads) + h) * dHead));
            }
        }

        return result;
    }

    private void Rotate(float[] values, int heads, (float[] Cos, float[] Sin)[] rotary)
    {
        RotaryConfig config = _config.Rotary!;
        int dHead = _config.DHead, half = config.Dim / 2;
        for (int s = 0; s < _batch.Count; s++)
        {
            for (int i = 0; i < Length(s); i++)
            {
                ReadOnlySpan<float> cos = rotary[s].Cos.AsSpan(i * half, half), sin = rotary[s].Sin.AsSpan(i * half, half);
                for (int h = 0; h < heads; h++)
                {
                    Span<float> head = values.AsSpan((((_rowStart[s] + i) * heads) + h) * dHead, dHead);
                    Rotary.Apply(head, cos, sin, config.Dim, config.AdjacentPairs);
                }
            }
        }
    }

    /// <summary>Scores, pattern and weighted sum of all heads for one sequence.</summary>
    private void Attend(int layer, int sequence, float[] q, float[] k, float[] v, float[] z)
    {
        int heads = _config.NHeads, keyHeads = _config.NKeyValueHeads, dHead = _config.DHead, keyWidth = keyHeads * dHead;
        int row = _rowStart[sequence], queries = Length(sequence), keys = _first[sequence] + queries;
        Memory<float> keyRows = k.AsMemory(row * keyWidth, queries * keyWidth);
        Memory<float> valueRows = v.AsMemory(row * keyWidth, queries * keyWidth);
        if (_cache is not null)
        {
            (keyRows, valueRows) = _cache.Append(layer, sequence, keyRows.Span, valueRows.Span);
        }

        HookPoint scoresPoint = Hook.AttnScores(layer), patternPoint = Hook.Pattern(layer);
        bool listened = _hooks.Wants(scoresPoint) || _hooks.Wants(patternPoint);
        bool everyKey = _hooks.MayChange(scoresPoint) || _hooks.MayChange(patternPoint);
        bool alibi = _config.Positions == PositionKind.Alibi;
        float[] slopes = alibi && !_config.RoundedAlibi ? PositionTables.AlibiSlopes(heads) : new float[heads];
        float[] keyBiases = alibi && _config.RoundedAlibi
            ? PositionTables.RoundedAlibi(heads, keys, _config.ScoreScale(layer))
            : [];
        int area = queries * keys, width = heads * dHead;
        if (!listened)
        {
            ForEachHead(h =>
            {
                float[] scratch = ArrayPool<float>.Shared.Rent(area);
                Span<float> scores = scratch.AsSpan(0, area);
                Score(h, scores);
                AttentionKernels.Softmax(scores, queries, keys);
                Mix(h, scores);
                ArrayPool<float>.Shared.Return(scratch);
            });
            return;
        }

        var pattern = new float[heads * area];
        ForEachHead(h => Score(h, pattern.AsSpan(h * area, area)));
        Offer(scoresPoint);
        ForEachHead(h => AttentionKernels.Softmax(pattern.AsSpan(h * area, area), queries, keys));
        Offer(patternPoint);
        ForEachHead(h => Mix(h, pattern.AsSpan(h * area, area)));

        void Score(int h, Span<float> scores)
        {
            AttentionMask mask = Mask(h);
            AttentionKernels.Scores(
                q.AsSpan((row * width) + (h * dHead)), width, queries, keyRows.Span[KeyOffset(h)..], keyWidth, keys, dHead,
                _config.ScoreScale(layer), mask, scores, softCap: _config.ScoreSoftCap);
            for (int i = 0; i < queries && keyBiases.Length > 0; i++)
            {
                Span<float> own = scores.Slice(i * keys, keys);
                TensorPrimitives.Add(own, keyBiases.AsSpan(h * keys, keys), own);
            }
        }

        void Mix(int h, ReadOnlySpan<float> weights)
        {
            AttentionMask mask = Mask(h);
            AttentionKernels.WeightedSum(
                weights, queries, keys, mask, everyKey, valueRows.Span[KeyOffset(h)..], keyWidth, dHead,
                z.AsSpan((row * width) + (h * dHead)), width);
        }

        void Offer(HookPoint point)
        {
            if (_hooks.Wants(point))
            {
                _hooks.OnActivation(new Activation(point, sequence, _first[sequence], queries, heads, pattern));
            }
        }

        int KeyOffset(int h) => h / (heads / keyHeads) * dHead;
        AttentionMask Mask(int h) => new(_config.Causal, _first[sequence], _config.Window(layer), slopes[h]);
    }

    private void ForEachHead(Action<int> work)
    {
        if (_threads == 1)
        {
            for (int h = 0; h < _config.NHeads; h++)
            {
                work(h);
            }
        }
        else
        {
            Parallel.For(0, _config.NHeads, new ParallelOptions { MaxDegreeOfParallelism = _threads }, work);
        }
    }

    /// <summary>
    /// z W_O + b_O, as the sum of the heads' results in order: the same bits whether or not somebody looks at, or
    /// replaces, single heads.
    /// </summary>
    private void WriteAttention(int layer, Linear output, float[] z, float[] write)
    {
        int heads = _config.NHeads, d = _config.DModel;
        HookPoint point = Hook.Result(layer);
        if (!_hooks.Wants(point))
        {
            MatrixProduct.MultiplyByBlocks(z, _rows, output.Weight, _config.DHead, output.Bias, write, _threads);
            return;
        }

        var results = new float[_rows * heads * d];
        MatrixProduct.MultiplyEachBlock(z, _rows, output.Weight, _config.DHead, results, _threads);
        Fire(HookKind.Result, layer, results, heads * d, heads);
        for (int row = 0; row < _rows; row++)
        {
            Span<float> sum = write.AsSpan(row * d, d);
            sum.Clear();
            for (int h = 0; h < heads; h++)
            {
                TensorPrimitives.Add(sum, results.AsSpan(((row * heads) + h) * d, d), sum);
            }

            if (!output.Bias.IsEmpty)
            {
                TensorPrimitives.Add(sum, output.Bias, sum);
            }
        }
    }

    private float[] Multiply(Linear map, ReadOnlySpan<float> input)
    {
        var result = new float[_rows * map.Outputs];
        MatrixProduct.Multiply(input, _rows, map.Weight, map.Bias, result, _threads);
        return result;
    }

    private static float[] Sum(float[] x, float[] y)
    {
        var sum = new float[x.Length];
        TensorPrimitives.Add(x, y, sum);
        return sum;
    }
}

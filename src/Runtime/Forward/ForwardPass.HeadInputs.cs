using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Interp.Hooks;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

internal sealed unsafe partial class ForwardPass<THooks>
{
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

    /// <summary>Whether somebody listens at a point that shows what heads read.</summary>
    private bool ListensToHeadInputs(int layer) =>
        Wants(HookKind.AttnIn, layer) || Wants(HookKind.QInput, layer) || Wants(HookKind.KInput, layer) || Wants(HookKind.VInput, layer);

    private bool Wants(HookKind kind, int layer) => _hooks.Wants(new HookPoint(kind, layer));

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
        Count(_rows, map);

        // Attention writes these two later.
        Span<float> input = _buffers.Write.Rows(_rows, d), output = _buffers.Z.Rows(_rows, dHead);
        for (int h = 0; h < heads; h++)
        {
            for (int row = 0; row < _rows; row++)
            {
                _buffers.ChangedHeadStreams.Span.Slice(((row * heads) + h) * d, d).CopyTo(input[(row * d)..]);
            }

            if (norm is not null)
            {
                Normalize(layer, norm, input);
            }

            for (int row = 0; row < _rows; row++)
            {
                ReadOnlySpan<float> copy = _buffers.ChangedHeadStreams.Span.Slice(((row * heads) + h) * d, d);
                if (SameBits(copy, _buffers.Stream.From(row, d).Rows(1, d)))
                {
                    _buffers.Normed.From(row, d).Rows(1, d).CopyTo(input[(row * d)..]);
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
                output.Slice(row * dHead, dHead).CopyTo(destination.Span[(((row * heads) + h) * dHead)..]);
            }
        }
    }

    private static bool SameBits(ReadOnlySpan<float> a, ReadOnlySpan<float> b) =>
        MemoryMarshal.Cast<float, int>(a).SequenceEqual(MemoryMarshal.Cast<float, int>(b));

    /// <summary>The block's first norm of rows of one head, in place.</summary>
    private void Normalize(int layer, NormWeights norm, Span<float> rows)
    {
        int d = _config.DModel;
        Span<float> scale = _buffers.Scale.Rows(_rows, 1), mean = _config.Norm == NormKind.Rms ? [] : _buffers.Mean.Rows(_rows, 1);
        Normalization.Apply(rows, d, _config.NormEpsilon, mean, scale, norm.Gain, norm.Bias, rows);
        Watch(HookKind.Ln1Scale, layer, scale);
    }
}

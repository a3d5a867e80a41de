using Interp.Hooks;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Forward;

internal sealed unsafe partial class ForwardPass<THooks>
{
    /// <summary>From the stream to the logits of the rows that are read.</summary>
    /// <param name="read">The rows, ascending; null = all.</param>
    /// <param name="logits">[rows read, d_vocab].</param>
    public void Unembed(int[]? read, Span<float> logits)
    {
        int d = _config.DModel, vocabulary = _config.DVocab;
        FloatBlock stream = _buffers.Stream;
        Normalize(stream);
        Fire(HookKind.UnembedIn, -1, stream, d);
        if (_hooks.Wants(Hook.UnembedOut) && read is not null)
        {
            var all = new float[_rows * vocabulary];
            Product(all);
            Fire(HookKind.UnembedOut, -1, all, vocabulary);
            for (int i = 0; i < read.Length; i++)
            {
                all.AsSpan(read[i] * vocabulary, vocabulary).CopyTo(logits[(i * vocabulary)..]);
            }

            SetRows(SegmentsOf(read));
        }
        else
        {
            if (read is not null)
            {
                KeepRows(read, queriesGiven: false);
            }

            Product(logits);
            Fire(HookKind.UnembedOut, -1, logits, vocabulary);
        }

        SoftCap.Apply(logits, _config.LogitSoftCap, logits);
        Watch(HookKind.UnembedOut, -1, logits);

        void Product(Span<float> destination) => MatrixProduct.Multiply(
            stream.Rows(_rows, d), _rows, _weights.Unembed.Weight, _weights.Unembed.Bias, destination, _threads);
    }

    /// <summary>The final norm, or the transform of a masked-language-model head.</summary>
    private void Normalize(FloatBlock stream)
    {
        int d = _config.DModel;
        if (_config.MlmHead && _weights.MlmHead is { } head)
        {
            FloatBlock transformed = _buffers.Normed;
            Multiply(head.Dense, stream, transformed);
            Fire(HookKind.MlmPre, -1, transformed, d);
            RowJobs.Activate(_config.Activation, transformed, null, [], _rows, d, _threads);
            ApplyNorm(transformed, head.Norm, HookKind.MlmScale, HookKind.MlmNormalized, -1, stream);
        }
        else if (_config.FinalNorm)
        {
            ApplyNorm(stream, _weights.FinalNorm, HookKind.FinalScale, HookKind.FinalNormalized, -1, stream);
        }
    }
}

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
        if (!_config.HasUnembed)
        {
            FinishStream(null);
            return;
        }

        int vocabulary = _config.DVocabOut;
        if (read is null || !_hooks.Wants(Hook.UnembedOut))
        {
            FinishStream(read);
            Logits(logits);
            return;
        }

        FinishStream(null);
        var all = new float[_rows * vocabulary];
        Logits(all);
        for (int i = 0; i < read.Length; i++)
        {
            all.AsSpan(read[i] * vocabulary, vocabulary).CopyTo(logits[(i * vocabulary)..]);
        }
    }

    /// <summary>From the stream above the blocks to what the unembedding reads; then only some rows may go on.</summary>
    /// <param name="kept">The rows, ascending; null = all.</param>
    public void FinishStream(int[]? kept)
    {
        Normalize(_buffers.Stream);
        Fire(HookKind.UnembedIn, -1, _buffers.Stream, _config.DModel);
        if (kept is not null)
        {
            KeepRows(kept, queriesGiven: false);
        }
    }

    /// <summary>Logits of the rows in the matrix, [rows, d_vocab].</summary>
    public void Logits(Span<float> logits)
    {
        Count(_rows, _weights.Unembed);

        // Where nothing comes between, the product has looked at its outputs already.
        bool changed = _hooks.Wants(Hook.UnembedOut) || _config.LogitSoftCap is not null, suspicious = changed;
        MatrixProduct.Multiply(
            _buffers.Stream.Rows(_rows, _config.DModel), _rows, _weights.Unembed.Weight, _weights.Unembed.Bias, logits, _threads,
            epilogue: changed ? Epilogue.None : Epilogue.Watch(ref suspicious));
        Fire(HookKind.UnembedOut, -1, logits, _config.DVocabOut);
        SoftCap.Apply(logits, _config.LogitSoftCap, logits);
        if (suspicious)
        {
            Watch(HookKind.UnembedOut, -1, logits);
        }
    }

    /// <summary>Logits of some tokens for rows that stand together, [rows, tokens], with the bits of those of the whole vocabulary.</summary>
    public void Logits(FloatBlock rows, int count, int[] tokens, Span<float> logits)
    {
        MultiplyAdds += (long)count * tokens.Length * _config.DModel;
        MatrixProduct.MultiplyColumns(
            rows.Rows(count, _config.DModel), count, _weights.Unembed.Weight, tokens, _weights.Unembed.Bias, logits);
        SoftCap.Apply(logits, _config.LogitSoftCap, logits);
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
            RowJobs.Activate(_config.Activation, transformed, _rows, d, _threads);
            ApplyNorm(transformed, head.Norm, HookKind.MlmScale, HookKind.MlmNormalized, -1, stream);
        }
        else if (_config.FinalNorm && _weights.FinalNorm is { } norm)
        {
            ApplyNorm(stream, norm, HookKind.FinalScale, HookKind.FinalNormalized, -1, stream);
        }
    }
}

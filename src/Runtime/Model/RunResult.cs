using System.Numerics.Tensors;
using Interp.Hooks;
using Interp.Runtime.Forward;

namespace Interp.Runtime;

/// <summary>
/// What a run computed: logits and the recorded activations of each sequence. Disposing of it is optional: it gives large arrays to later runs,
/// which spares a program that records in a loop (<c>using RunResult run = model.Run(...)</c>) the making of new ones. Arrays of which a
/// <see cref="TensorValue"/>, a tensor or <see cref="ActivationCache.Values"/> was handed out are not given away. What is disposed of cannot be
/// read any more, nor can its caches; spans that were taken before must not be used. Reading from several threads is safe, disposing meanwhile
/// is not.
/// </summary>
public sealed class RunResult : IDisposable
{
    private readonly float[] _logits;
    private bool _logitsShared;
    private bool _disposed;
    private readonly int _vocabulary;
    private readonly int[][] _positions;
    private readonly int[] _starts;
    private readonly ActivationCache[] _caches;
    private readonly string? _noLogits;

    internal RunResult(
        TokenBatch batch, float[] logits, LogitRows rows, int vocabulary, ActivationCache[] caches, NonFinite? nonFinite,
        string? noLogits = null)
    {
        Batch = batch;
        NonFinite = nonFinite;
        _logits = logits;
        _vocabulary = vocabulary;
        _caches = caches;
        _noLogits = noLogits;
        _positions = new int[batch.Count][];
        _starts = new int[batch.Count + 1];
        for (int s = 0; s < batch.Count; s++)
        {
            _positions[s] = rows.Resolve(batch.Tokens(s).Length, s);
            _starts[s + 1] = _starts[s] + _positions[s].Length;
        }
    }

    /// <summary>The prompts.</summary>
    public TokenBatch Batch { get; }

    /// <summary>
    /// Where values were first no finite numbers; null when nothing of the kind was met, as is certain unless
    /// <see cref="RunOptions.AllowNonFinite"/>.
    /// </summary>
    public NonFinite? NonFinite { get; }

    /// <summary>Logits of one sequence at the positions that were asked for, [positions, d_vocab].</summary>
    /// <param name="sequence">Index of the sequence.</param>
    /// <exception cref="InvalidInputException">There is no such sequence, or the run computed no logits.</exception>
    public Tensor<float> Logits(int sequence = 0)
    {
        RequireLogits(sequence);
        int rows = _positions[sequence].Length;
        float[] values = _logits[(_starts[sequence] * _vocabulary)..(_starts[sequence + 1] * _vocabulary)];
        return Tensor.Create(values, [rows, _vocabulary]);
    }

    /// <summary>As <see cref="Logits"/>, row-major and without a copy: shared with the result, do not write.</summary>
    /// <param name="sequence">Index of the sequence.</param>
    /// <exception cref="InvalidInputException">There is no such sequence, or the run computed no logits.</exception>
    public ReadOnlyMemory<float> LogitValues(int sequence = 0)
    {
        RequireLogits(sequence);
        _logitsShared = true;
        return _logits.AsMemory(_starts[sequence] * _vocabulary, _positions[sequence].Length * _vocabulary);
    }

    /// <summary>Logits at one position, [d_vocab].</summary>
    /// <param name="sequence">Index of the sequence.</param>
    /// <param name="position">Position; negative counts from the end.</param>
    /// <exception cref="InvalidInputException">
    /// There is no such sequence or position, or its logits were not computed.
    /// </exception>
    public ReadOnlySpan<float> LogitsAt(int sequence, int position)
    {
        RequireLogits(sequence);
        int index = Positions.Resolve(position, Batch.Tokens(sequence).Length, $"prompt {sequence}");
        int row = Array.BinarySearch(_positions[sequence], index);
        return row >= 0
            ? _logits.AsSpan((_starts[sequence] + row) * _vocabulary, _vocabulary)
            : throw new InvalidInputException(
                $"logits at position {position} of prompt {sequence}: the run computed those of position "
                + $"{string.Join(", ", _positions[sequence])} only");
    }

    /// <summary>The recorded activations of one sequence.</summary>
    /// <param name="sequence">Index of the sequence.</param>
    /// <exception cref="InvalidInputException">There is no such sequence.</exception>
    public ActivationCache Cache(int sequence = 0)
    {
        RequireSequence(sequence);
        return _caches[sequence];
    }

    /// <summary>Gives large arrays to later runs.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (!_logitsShared)
        {
            ResultPool.Shared.Return(_logits);
        }

        foreach (ActivationCache cache in _caches)
        {
            cache.Release();
        }
    }

    private void RequireSequence(int sequence)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if ((uint)sequence >= (uint)Batch.Count)
        {
            throw new InvalidInputException($"sequence {sequence}: expected 0..{Batch.Count - 1}, the sequences of this run");
        }
    }

    private void RequireLogits(int sequence)
    {
        RequireSequence(sequence);
        if (_positions[sequence].Length == 0)
        {
            throw new InvalidInputException(_noLogits ?? "logits: the run was asked for none (RunOptions.Logits)");
        }
    }
}

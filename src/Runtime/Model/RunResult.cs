using System.Numerics.Tensors;

namespace Interp.Runtime;

/// <summary>What a run computed: logits and the recorded activations of each sequence.</summary>
public sealed class RunResult
{
    private readonly float[] _logits;
    private readonly LogitRows _rows;
    private readonly int _vocabulary;
    private readonly int[] _starts;
    private readonly ActivationCache[] _caches;

    internal RunResult(TokenBatch batch, float[] logits, LogitRows rows, int vocabulary, ActivationCache[] caches)
    {
        Batch = batch;
        _logits = logits;
        _rows = rows;
        _vocabulary = vocabulary;
        _caches = caches;
        _starts = new int[batch.Count + 1];
        for (int s = 0; s < batch.Count; s++)
        {
            _starts[s + 1] = _starts[s] + (rows == LogitRows.All ? batch.Tokens(s).Length : 1);
        }
    }

    /// <summary>The prompts.</summary>
    public TokenBatch Batch { get; }

    /// <summary>Logits of one sequence, [pos, d_vocab]; [1, d_vocab] when only the last position was asked for.</summary>
    /// <param name="sequence">Index of the sequence.</param>
    /// <exception cref="InvalidInputException">The run computed no logits.</exception>
    public Tensor<float> Logits(int sequence = 0)
    {
        RequireLogits();
        int rows = _starts[sequence + 1] - _starts[sequence];
        float[] values = _logits[(_starts[sequence] * _vocabulary)..(_starts[sequence + 1] * _vocabulary)];
        return Tensor.Create(values, [rows, _vocabulary]);
    }

    /// <summary>Logits at one position, [d_vocab].</summary>
    /// <param name="sequence">Index of the sequence.</param>
    /// <param name="position">Position; negative counts from the end.</param>
    /// <exception cref="InvalidInputException">The position is out of range or its logits were not computed.</exception>
    public ReadOnlySpan<float> LogitsAt(int sequence, int position)
    {
        RequireLogits();
        int length = Batch.Tokens(sequence).Length;
        int index = Positions.Resolve(position, length, $"prompt {sequence}");
        if (_rows == LogitRows.Last && index != length - 1)
        {
            throw new InvalidInputException(
                $"logits at position {position} of prompt {sequence}: the run computed those of the last position only");
        }

        int row = _starts[sequence] + (_rows == LogitRows.All ? index : 0);
        return _logits.AsSpan(row * _vocabulary, _vocabulary);
    }

    /// <summary>The recorded activations of one sequence.</summary>
    /// <param name="sequence">Index of the sequence.</param>
    public ActivationCache Cache(int sequence = 0) => _caches[sequence];

    private void RequireLogits()
    {
        if (_rows == LogitRows.None)
        {
            throw new InvalidInputException("logits: the run was asked for none (RunOptions.Logits)");
        }
    }
}

/// <summary>Positions as users write them: 0-based, negative from the end.</summary>
public static class Positions
{
    /// <summary>Resolves a position.</summary>
    /// <param name="position">0-based; negative counts from the end.</param>
    /// <param name="length">Length of the sequence.</param>
    /// <param name="what">Names the sequence in the error.</param>
    /// <returns>A position in [0, length).</returns>
    /// <exception cref="InvalidInputException">The position is out of range.</exception>
    public static int Resolve(int position, int length, string what)
    {
        int index = position < 0 ? position + length : position;
        return (uint)index < (uint)length
            ? index
            : throw new InvalidInputException(
                $"position {position}: {what} has {length} tokens, expected {-length}..{length - 1}");
    }
}

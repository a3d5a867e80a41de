namespace Interp.Runtime;

/// <summary>
/// A ragged batch: sequences of token ids of any lengths, each with positions of its own from 0. Nothing is padded.
/// </summary>
public sealed class TokenBatch
{
    private readonly int[][] _tokens;
    private readonly int[][]? _types;

    /// <summary>Creates a batch.</summary>
    /// <param name="sequences">Token ids of each sequence; at least one sequence, none empty.</param>
    /// <param name="tokenTypes">Token type of each token, for models that have them; null = all 0.</param>
    /// <exception cref="InvalidInputException">A sequence is empty, or token types do not fit the tokens.</exception>
    public TokenBatch(IEnumerable<IReadOnlyList<int>> sequences, IEnumerable<IReadOnlyList<int>>? tokenTypes = null)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        _tokens = [.. sequences.Select(s => s.ToArray())];
        _types = tokenTypes?.Select(s => s.ToArray()).ToArray();
        if (_tokens.Length == 0)
        {
            throw new InvalidInputException("prompts: expected at least one, found none");
        }

        for (int s = 0; s < _tokens.Length; s++)
        {
            if (_tokens[s].Length == 0)
            {
                throw new InvalidInputException($"prompt {s}: expected at least one token, found none");
            }
        }

        if (_types is not null && !_types.Select(t => t.Length).SequenceEqual(_tokens.Select(t => t.Length)))
        {
            throw new InvalidInputException("token types: expected one for each token of each prompt");
        }
    }

    /// <summary>A batch of one sequence.</summary>
    /// <param name="tokens">Token ids.</param>
    public static TokenBatch Of(params int[] tokens) => new([tokens]);

    /// <summary>Number of sequences.</summary>
    public int Count => _tokens.Length;

    /// <summary>Length of each sequence.</summary>
    public IReadOnlyList<int> Lengths => Array.ConvertAll(_tokens, t => t.Length);

    /// <summary>Token ids of one sequence.</summary>
    /// <param name="sequence">Index of the sequence.</param>
    public ReadOnlySpan<int> Tokens(int sequence) => _tokens[sequence];

    /// <summary>A batch of some of the sequences.</summary>
    /// <param name="sequences">Their indices.</param>
    internal TokenBatch Part(IReadOnlyList<int> sequences) => new(
        sequences.Select(s => (IReadOnlyList<int>)_tokens[s]),
        _types is null ? null : sequences.Select(s => (IReadOnlyList<int>)_types[s]));

    /// <summary>Token types of one sequence; empty when none were given.</summary>
    /// <param name="sequence">Index of the sequence.</param>
    public ReadOnlySpan<int> TokenTypes(int sequence) => _types is null ? [] : _types[sequence];

    /// <summary>Checks that a model can run the batch.</summary>
    /// <param name="config">The model.</param>
    /// <param name="past">Positions of each sequence that are already in a key-value cache.</param>
    /// <exception cref="InvalidInputException">A token id or type is out of range, or a sequence is too long.</exception>
    internal void Validate(ModelConfig config, IReadOnlyList<int>? past = null)
    {
        for (int s = 0; s < Count; s++)
        {
            int length = _tokens[s].Length + (past?[s] ?? 0);
            if (length > config.NCtx)
            {
                throw new InvalidInputException(
                    $"prompt {s}: {length} tokens are longer than the model's context of {config.NCtx}");
            }

            CheckRange(_tokens[s], config.DVocab, s, "token id");
            int padding = config.PaddingId is { } id ? Array.IndexOf(_tokens[s], id) : -1;
            if (padding >= 0)
            {
                throw new InvalidInputException(
                    $"prompt {s}, position {padding}: token id {config.PaddingId} is padding, which has no position in this "
                    + "model; expected a prompt without padding");
            }

            if (_types is null)
            {
                continue;
            }

            if (config.TokenTypes == 0)
            {
                throw new InvalidInputException($"prompt {s}: token types were given, but the model has none");
            }

            CheckRange(_types[s], config.TokenTypes, s, "token type");
        }
    }

    private static void CheckRange(int[] ids, int size, int sequence, string what)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)size)
            {
                throw new InvalidInputException(
                    $"prompt {sequence}, position {i}: {what} {ids[i]} is out of range, expected 0..{size - 1}");
            }
        }
    }
}

namespace Interp.Runtime;

/// <summary>Of which vocabulary entries logits are wanted. The default is <see cref="All"/>.</summary>
public readonly struct LogitTokens
{
    private readonly IReadOnlyList<IReadOnlyList<int>>? _tokens;

    private LogitTokens(IReadOnlyList<IReadOnlyList<int>> tokens) => _tokens = tokens;

    /// <summary>The whole vocabulary.</summary>
    public static LogitTokens All => default;

    /// <summary>Whether the whole vocabulary is wanted.</summary>
    public bool IsAll => _tokens is null;

    /// <summary>Some tokens, for each sequence its own.</summary>
    /// <param name="tokens">Token ids of each sequence of the batch, in the order in which their logits are wanted.</param>
    public static LogitTokens Of(IReadOnlyList<IReadOnlyList<int>> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        return new LogitTokens(tokens);
    }

    /// <summary>The tokens of one sequence, in the order in which they were listed.</summary>
    /// <param name="sequence">Index of the sequence.</param>
    /// <exception cref="InvalidOperationException">The whole vocabulary is wanted.</exception>
    public IReadOnlyList<int> Of(int sequence) => _tokens is not null
        ? _tokens[sequence]
        : throw new InvalidOperationException("Every token is wanted; none are listed.");

    /// <summary>Checks the tokens against a batch and a vocabulary.</summary>
    /// <exception cref="InvalidInputException">Not one list for each sequence, or a token out of range.</exception>
    internal void Validate(int sequences, int vocabulary)
    {
        if (_tokens is null)
        {
            return;
        }

        if (_tokens.Count != sequences)
        {
            throw new InvalidInputException(
                $"logit tokens: expected a list for each of {sequences} sequences, found {_tokens.Count}");
        }

        for (int s = 0; s < sequences; s++)
        {
            foreach (int token in _tokens[s])
            {
                if ((uint)token >= (uint)vocabulary)
                {
                    throw new InvalidInputException(
                        $"logit tokens of sequence {s}: token {token} is out of range, expected 0..{vocabulary - 1}");
                }
            }
        }
    }
}

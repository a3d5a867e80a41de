using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// A clean and a corrupted prompt and the tokens that tell them apart. For ablation the corrupted prompt is left out.
/// </summary>
public sealed record PromptPair
{
    /// <summary>Token ids of the clean prompt.</summary>
    public required IReadOnlyList<int> Clean { get; init; }

    /// <summary>Token ids of the corrupted prompt; empty when there is none.</summary>
    public IReadOnlyList<int> Corrupted { get; init; } = [];

    /// <summary>Tokens that are right after the clean prompt; the metric takes their mean.</summary>
    public IReadOnlyList<int> Answers { get; init; } = [];

    /// <summary>Tokens that are wrong; the metric takes their mean.</summary>
    public IReadOnlyList<int> Wrongs { get; init; } = [];

    /// <summary>The row's id in the data, or null.</summary>
    public string? Id { get; init; }

    /// <summary>The row's group in the data, or null.</summary>
    public string? Group { get; init; }

    /// <summary>
    /// For pairs of different length: for each position of the corrupted prompt the clean position that it corresponds to,
    /// or -1. Null = positions correspond one to one.
    /// </summary>
    public IReadOnlyList<int>? CleanPositionOfCorrupted { get; init; }

    /// <summary>Checks that a pair can be patched.</summary>
    /// <param name="row">Row of the data, for the error.</param>
    /// <param name="config">The model.</param>
    /// <exception cref="InvalidInputException">Lengths differ without a map, or a token is out of range.</exception>
    public void Validate(int row, ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (Corrupted.Count > 0 && Corrupted.Count != Clean.Count && CleanPositionOfCorrupted is null)
        {
            throw new InvalidInputException(
                $"prompt {row}: the clean prompt has {Clean.Count} tokens and the corrupted one {Corrupted.Count}; "
                + "expected the same number, or a positions map");
        }

        foreach (int id in Answers.Concat(Wrongs))
        {
            if ((uint)id >= (uint)config.DVocab)
            {
                throw new InvalidInputException(
                    $"prompt {row}: answer token {id} is out of range, expected 0..{config.DVocab - 1}");
            }
        }
    }
}

namespace Interp.Analysis;

/// <summary>A pair of prompts that was made, as text where it is one; its ids are those of the tokenizer it was made for.</summary>
public sealed record GeneratedPrompt
{
    /// <summary>Ids of prompts and answers, and the group: the template or the case.</summary>
    public required PromptPair Pair { get; init; }

    /// <summary>The clean prompt; null where it is a sequence of tokens and no text.</summary>
    public string? Clean { get; init; }

    /// <summary>The corrupted prompt, of as many tokens.</summary>
    public string? Corrupted { get; init; }

    /// <summary>The answer; null where there is no text or more than one.</summary>
    public string? Answer { get; init; }

    /// <summary>The wrong answer; null where there is no text or more than one.</summary>
    public string? Wrong { get; init; }

    /// <summary>A text that the clean prompt has once and that is its span <c>subject</c>; null = none.</summary>
    public string? Subject { get; init; }
}

/// <summary>Pairs that were made, and what was tried and left out.</summary>
/// <param name="Prompts">The pairs, all different.</param>
/// <param name="LeftOut">Why others were left out, and how many.</param>
public sealed record GeneratedPrompts(IReadOnlyList<GeneratedPrompt> Prompts, IReadOnlyDictionary<string, int> LeftOut);

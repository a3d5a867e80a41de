using Interp.Runtime;
using Interp.Runtime.Tokenization;

namespace Interp.Analysis;

/// <summary>
/// Makes pairs of prompts for well-known tasks against a given tokenizer. Every pair has clean and corrupted prompts of as
/// many tokens and answers of one token each; what does not come out so is left out and counted.
/// </summary>
public static class PromptGenerator
{
    // Tries for each pair that is wanted, before the tokenizer is said to be unfit.
    private const int Tries = 30;

    private static readonly (string Name, Func<TokenWords, Func<SeededRandom, GeneratedPrompt>> Create)[] Generators =
    [
        ("induction", InductionPrompts.Create), ("ioi", IoiPrompts.Create), ("greater-than", GreaterThanPrompts.Create),
        ("docstring", DocstringPrompts.Create), ("agreement", AgreementPrompts.Create),
    ];

    /// <summary>The kinds of data.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. Generators.Select(g => g.Name)];

    /// <summary>Makes pairs.</summary>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="count">How many.</param>
    /// <param name="seed">Seed; the same seed, tokenizer and count give the same pairs, and a larger count the same ones first.</param>
    /// <param name="bos">Whether special tokens frame prompts.</param>
    /// <exception cref="InvalidInputException">
    /// The kind is unknown, or the tokenizer splits too many words for so many different pairs; the message says which.
    /// </exception>
    public static GeneratedPrompts Make(string kind, TextTokenizer tokenizer, int count, int seed = 0, BosMode bos = BosMode.Auto)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        int at = Array.FindIndex(Generators, g => g.Name == kind);
        if (at < 0)
        {
            throw new InvalidInputException($"kind '{kind}': expected one of {string.Join(", ", Kinds)}");
        }

        if (count < 1)
        {
            throw new InvalidInputException($"count: expected at least 1, found {count}");
        }

        var words = new TokenWords(tokenizer, bos);
        Func<SeededRandom, GeneratedPrompt> make = Generators[at].Create(words);
        List<GeneratedPrompt> made = [];
        HashSet<string> known = new(StringComparer.Ordinal);
        SortedDictionary<string, int> left = new(StringComparer.Ordinal);
        for (int i = 0; made.Count < count && i < (long)count * Tries; i++)
        {
            GeneratedPrompt prompt = make(new SeededRandom(seed, i));
            string? problem = Problem(words, prompt)
                ?? (known.Add(string.Join(' ', prompt.Pair.Clean)) ? null : "made before");
            if (problem is null)
            {
                made.Add(prompt);
            }
            else
            {
                left[problem] = left.GetValueOrDefault(problem) + 1;
            }
        }

        return made.Count == count
            ? new GeneratedPrompts(made, left)
            : throw new InvalidInputException(
                $"{kind}: expected {count} different pairs, found {made.Count}; left out: "
                + string.Join(", ", left.Select(l => $"{l.Value} ({l.Key})")));
    }

    private static string? Problem(TokenWords words, GeneratedPrompt prompt)
    {
        PromptPair pair = prompt.Pair;
        if (pair.Clean.Count != pair.Corrupted.Count)
        {
            return "clean and corrupted prompt differ in length";
        }

        bool merged = prompt is { Clean: { } clean, Answer: { } answer, Wrong: { } wrong }
            && !(words.Continues(clean, answer) && words.Continues(clean, wrong));
        return merged ? "the answer does not stay one token behind the prompt" : null;
    }
}

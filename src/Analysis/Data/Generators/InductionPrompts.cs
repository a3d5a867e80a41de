using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// Induction (Elhage et al. 2021; Olsson et al. 2022): random tokens, then their beginning again; the answer is what came
/// behind the last token the first time. In the corrupted prompt that first time is another token. Wrong is another token of
/// the sequence. Prompts are ids: random tokens seldom survive being written as text.
/// </summary>
internal static class InductionPrompts
{
    private const int Length = 6, Repeated = 2;

    public static Func<SeededRandom, GeneratedPrompt> Create(TokenWords words)
    {
        IReadOnlyList<int> plain = words.Plain();
        if (plain.Count < 2 * Length)
        {
            throw new InvalidInputException(
                $"induction: expected at least {2 * Length} tokens that are words of letters, found {plain.Count}");
        }

        // What frames an empty text frames every prompt.
        int[] frame = [.. words.Prompt("").Take(1)];
        return random =>
        {
            int[] drawn = Choice.Several(random, plain, Length + 1);
            int[] sequence = drawn[..Length], corrupted = [.. sequence];
            int last = random.Next(Length - Repeated) + Repeated - 1;
            corrupted[last] = drawn[Length];
            int wrong = Choice.Of(random, [.. sequence.Where((_, i) => i != last && i != last + 1)]);
            int[] again = sequence[(last - Repeated + 1)..(last + 1)];
            return new GeneratedPrompt
            {
                Pair = new PromptPair
                {
                    Clean = [.. frame, .. sequence, .. again],
                    Corrupted = [.. frame, .. corrupted, .. again],
                    Answers = [sequence[last + 1]],
                    Wrongs = [wrong],
                },
            };
        };
    }
}

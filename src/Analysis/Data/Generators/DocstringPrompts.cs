namespace Interp.Analysis;

/// <summary>
/// Docstring completion (Heimersheim and Janiak 2023): a Python function whose docstring names its parameters in order; the
/// answer is the next one. In the corrupted prompt that parameter has another name, which is the wrong answer.
/// </summary>
internal static class DocstringPrompts
{
    private const int Described = 2;

    private static readonly string[] Words =
    [
        " size", " name", " file", " key", " value", " index", " path", " color", " date", " time", " user", " group", " line",
        " page", " text", " node", " list", " item", " width", " height", " level", " source", " target", " count", " length",
        " image", " table", " state", " order", " model", " type", " code", " port", " load", " last", " shape", " field", " event",
    ];

    public static Func<SeededRandom, GeneratedPrompt> Create(TokenWords words)
    {
        string[] single = words.Single("docstring", "words", Words, 14);
        return random =>
        {
            string[] drawn = Choice.Several(random, single, 12);
            string answer = drawn[Described], wrong = drawn[^1];
            string Text(string next)
            {
                string parameters = string.Join(',', [.. drawn[..Described], next, drawn[Described + 1]]);
                string lines = string.Concat(
                    Enumerable.Range(0, Described).Select(i => $"    :param{drawn[i]}:{drawn[4 + (2 * i)]}{drawn[5 + (2 * i)]}\n"));
                return $"def{drawn[8]}(self,{parameters}):\n    \"\"\"The{drawn[9]}{drawn[10]}\n\n{lines}    :param";
            }

            string clean = Text(answer), corrupted = Text(wrong);
            return new GeneratedPrompt
            {
                Clean = clean,
                Corrupted = corrupted,
                Answer = answer,
                Wrong = wrong,
                Pair = new PromptPair
                {
                    Clean = words.Prompt(clean),
                    Corrupted = words.Prompt(corrupted),
                    Answers = [words.Token(answer)!.Value],
                    Wrongs = [words.Token(wrong)!.Value],
                },
            };
        };
    }
}

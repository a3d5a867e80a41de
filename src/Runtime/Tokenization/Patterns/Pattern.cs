namespace Interp.Runtime.Tokenization;

/// <summary>
/// A regular expression in Oniguruma's (Ruby's) syntax, as tokenizer.json writes it, over code points. .NET's own expressions see
/// halves of surrogate pairs, know no possessive repeats and read <c>^</c>, <c>\w</c> and <c>\h</c> otherwise, so that the words of a
/// text would silently be others. A search is bounded: a pattern that explodes is an error, not a hang.
/// </summary>
internal sealed class Pattern
{
    private const long MostStepsPerCharacter = 2000, MostSteps = 50_000_000;

    private readonly string _source;
    private readonly PatternCode[] _code;
    private readonly int _registers;

    /// <summary>Compiles a pattern.</summary>
    /// <exception cref="InvalidInputException">The pattern is malformed, or has a part that is not read.</exception>
    public Pattern(string source)
        : this(source, new PatternParser(source).Read())
    {
    }

    private Pattern(string source, PatternNode parts)
    {
        _source = source;
        (_code, _registers) = new PatternCompiler(source).Compile(parts);
    }

    /// <summary>A pattern that fits one text.</summary>
    public static Pattern Literal(string text) => new(text, new PatternNode.Sequence(
        [.. CodePoints.Of(text).Select(code => new PatternNode.Set(CharacterSet.Of(code, ignoreCase: false)))]));

    /// <summary>
    /// Where the pattern fits, from left to right, none over another. An empty fit right behind another one is no fit.
    /// </summary>
    /// <exception cref="InvalidInputException">The search takes too long.</exception>
    public List<(int Start, int End)> Find(int[] text)
    {
        var found = new List<(int Start, int End)>();
        var run = new Search(this, text);
        int at = 0, last = -1;
        while (at <= text.Length)
        {
            (int start, int end) = (-1, -1);
            for (int from = at; from <= text.Length && end < 0; from++)
            {
                (start, end) = (from, run.Match(from));
            }

            if (end < 0)
            {
                break;
            }

            if (start == end && end == last)
            {
                at++;
                continue;
            }

            found.Add((start, end));
            at = last = end;
        }

        return found;
    }

    /// <summary>The backtracking search: what is left to try stands on a stack of its own, so that no text overflows the thread's.</summary>
    private sealed class Search(Pattern pattern, int[] text)
    {
        private readonly Stack<Choice> _choices = new();
        private readonly int[] _registers = new int[pattern._registers];
        private readonly long _most = Math.Min(MostSteps, MostStepsPerCharacter * (text.Length + 100L));
        private long _steps;

        /// <summary>End of the fit that starts at a position, or -1.</summary>
        public int Match(int start) => Run(0, start);

        private int Run(int code, int at)
        {
            int bottom = _choices.Count;
            while (true)
            {
                if (++_steps > _most)
                {
                    throw new InvalidInputException($"the pattern {OneLine.Quote(pattern._source)} takes too long on this text");
                }

                PatternCode step = pattern._code[code];
                bool goesOn = true;
                switch (step.Step)
                {
                    case PatternStep.Match:
                        Drop(bottom);
                        return at;
                    case PatternStep.Set:
                        goesOn = at < text.Length && step.Set!.Contains(text[at++]);
                        code++;
                        break;
                    case PatternStep.Repeat:
                        goesOn = Repeat(step, ++code, ref at);
                        break;
                    case PatternStep.Jump:
                        code = step.A;
                        break;
                    case PatternStep.Either:
                        _choices.Push(new Choice(step.B, at, at, 0));
                        code = step.A;
                        break;
                    case PatternStep.Mark:
                        _choices.Push(new Choice(-1, _registers[step.A], step.A, 0));
                        _registers[step.A] = at;
                        code++;
                        break;
                    case PatternStep.Moved:
                        code = _registers[step.A] == at ? step.B : code + 1;
                        break;
                    case PatternStep.Look:
                        goesOn = Look(step, code + 1, at) != step.Flag;
                        code = step.A;
                        break;
                    case PatternStep.Atomic:
                        int end = Run(code + 1, at);
                        goesOn = end >= 0;
                        (code, at) = (step.A, end);
                        break;
                    default:
                        goesOn = Holds(step.Step, at);
                        code++;
                        break;
                }

                if (!goesOn && !Back(bottom, ref code, ref at))
                {
                    return -1;
                }
            }
        }

        private bool Repeat(PatternCode step, int next, ref int at)
        {
            int start = at, limit = (int)Math.Min(text.Length, (long)at + step.B);
            int to = step.Flag ? limit : Math.Min(limit, at + step.A);
            while (at < to && step.Set!.Contains(text[at]))
            {
                at++;
            }

            _steps += at - start;
            if (at - start < step.A)
            {
                return false;
            }

            if (step.Flag && at > start + step.A)
            {
                _choices.Push(new Choice(next, at - 1, start + step.A, -1));
            }
            else if (!step.Flag && at < limit)
            {
                _choices.Push(new Choice(next, at, limit, 1, step.Set));
            }

            return true;
        }

        /// <summary>Takes up the last choice that is left.</summary>
        private bool Back(int bottom, ref int code, ref int at)
        {
            while (_choices.Count > bottom)
            {
                Choice choice = _choices.Pop();
                if (choice.Code < 0)
                {
                    _registers[choice.Limit] = choice.At;
                    continue;
                }

                (code, at) = (choice.Code, choice.At);
                if (choice.Step < 0 && at > choice.Limit)
                {
                    _choices.Push(choice with { At = at - 1 });
                }
                else if (choice.Step > 0)
                {
                    if (!choice.Set!.Contains(text[at]))
                    {
                        continue;
                    }

                    at++;
                    if (at < choice.Limit)
                    {
                        _choices.Push(choice with { At = at });
                    }
                }

                return true;
            }

            return false;
        }

        // What a finished part left to try is given up, its loop marks are put back.
        private void Drop(int bottom)
        {
            while (_choices.Count > bottom)
            {
                _choices.Pop();
            }
        }

        private bool Look(PatternCode step, int code, int at)
        {
            if (step.Widths is null)
            {
                return Run(code, at) >= 0;
            }

            foreach (int width in step.Widths)
            {
                if (at >= width && Run(code, at - width) == at)
                {
                    return true;
                }
            }

            return false;
        }

        private bool Holds(PatternStep step, int at) => step switch
        {
            PatternStep.TextStart => at == 0,
            PatternStep.TextEnd => at == text.Length,
            PatternStep.TextEndOrBreak => at == text.Length || (at == text.Length - 1 && text[at] == '\n'),
            PatternStep.LineStart => at == 0 || (text[at - 1] == '\n' && at < text.Length),
            PatternStep.LineEnd => at == text.Length || text[at] == '\n',
            PatternStep.WordBorder => IsWord(at - 1) != IsWord(at),
            PatternStep.NoWordBorder => IsWord(at - 1) == IsWord(at),
            _ => throw new InvalidOperationException($"step {step} is no assertion"),
        };

        private bool IsWord(int at) => at >= 0 && at < text.Length && CodePoints.IsWord(text[at]);

        /// <summary>Where the search may go on: a step and a place; or, with code -1, a loop register to put back.</summary>
        private readonly record struct Choice(int Code, int At, int Limit, int Step, CharacterSet? Set = null);
    }
}

namespace Interp.Runtime.Tokenization;

/// <summary>Turns the parts of a pattern into steps.</summary>
internal sealed class PatternCompiler(string source)
{
    private const int MostSteps = 20_000, WidestLookBehind = 64;

    private readonly List<PatternCode> _code = [];
    private int _registers;

    /// <summary>The steps, and how many registers their loops use.</summary>
    /// <exception cref="InvalidInputException">The pattern is too long, or looks back without a limit.</exception>
    public (PatternCode[] Code, int Registers) Compile(PatternNode pattern)
    {
        Write(pattern);
        Emit(new PatternCode(PatternStep.Match));
        return ([.. _code], _registers);
    }

    private void Write(PatternNode node)
    {
        switch (node)
        {
            case PatternNode.Set set:
                Emit(new PatternCode(PatternStep.Set, set.Members));
                break;
            case PatternNode.Sequence sequence:
                foreach (PatternNode part in sequence.Parts)
                {
                    Write(part);
                }

                break;
            case PatternNode.Either either:
                Write(either);
                break;
            case PatternNode.Repeat { Part: PatternNode.Set set } repeat:
                Emit(new PatternCode(PatternStep.Repeat, set.Members, repeat.Least, repeat.Most, repeat.Greedy));
                break;
            case PatternNode.Repeat repeat:
                Write(repeat);
                break;
            case PatternNode.Atomic atomic:
                Inner(new PatternCode(PatternStep.Atomic), atomic.Part);
                break;
            case PatternNode.Look look:
                Inner(new PatternCode(PatternStep.Look, Flag: look.Negated, Widths: look.Behind ? Widths(look.Part) : null), look.Part);
                break;
            case PatternNode.Place place:
                Emit(new PatternCode(place.Step));
                break;
            default:
                throw new InvalidOperationException($"a part of a pattern that has no steps: {node}");
        }
    }

    private void Write(PatternNode.Either either)
    {
        List<int> ends = [];
        for (int i = 0; i < either.Branches.Count - 1; i++)
        {
            int choice = Emit(new PatternCode(PatternStep.Either, A: _code.Count + 1));
            Write(either.Branches[i]);
            ends.Add(Emit(new PatternCode(PatternStep.Jump)));
            _code[choice] = _code[choice] with { B = _code.Count };
        }

        Write(either.Branches[^1]);
        ends.ForEach(end => _code[end] = _code[end] with { A = _code.Count });
    }

    private void Write(PatternNode.Repeat repeat)
    {
        for (int i = 0; i < repeat.Least; i++)
        {
            Write(repeat.Part);
        }

        List<int> choices = [];
        if (repeat.Most == int.MaxValue)
        {
            int register = _registers++;
            choices.Add(Emit(new PatternCode(PatternStep.Either)));
            Emit(new PatternCode(PatternStep.Mark, A: register));
            Write(repeat.Part);
            int moved = Emit(new PatternCode(PatternStep.Moved, A: register));
            Emit(new PatternCode(PatternStep.Jump, A: choices[0]));
            _code[moved] = _code[moved] with { B = _code.Count };
        }

        for (int i = repeat.Least; repeat.Most < int.MaxValue && i < repeat.Most; i++)
        {
            choices.Add(Emit(new PatternCode(PatternStep.Either)));
            Write(repeat.Part);
        }

        foreach (int choice in choices)
        {
            (int more, int end) = (choice + 1, _code.Count);
            _code[choice] = repeat.Greedy ? _code[choice] with { A = more, B = end } : _code[choice] with { A = end, B = more };
        }
    }

    private void Inner(PatternCode step, PatternNode part)
    {
        int start = Emit(step);
        Write(part);
        Emit(new PatternCode(PatternStep.Match));
        _code[start] = _code[start] with { A = _code.Count };
    }

    // A look back is tried from every distance at which it may begin, the nearest first.
    private int[] Widths(PatternNode part) => part.Width is (var least, { } most) && most <= WidestLookBehind
        ? [.. Enumerable.Range(least, most - least + 1)]
        : throw new InvalidInputException(
            $"pattern {OneLine.Quote(source)}: expected looks back of at most {WidestLookBehind} characters, found a longer one");

    private int Emit(PatternCode code)
    {
        if (_code.Count >= MostSteps)
        {
            throw new InvalidInputException($"pattern {OneLine.Quote(source)}: it is too long when its repeats are written out");
        }

        _code.Add(code);
        return _code.Count - 1;
    }
}

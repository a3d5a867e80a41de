namespace Interp.Runtime.Tokenization;

/// <summary>Reads a pattern in Oniguruma's syntax. What it does not know is refused by name.</summary>
internal sealed class PatternParser(string source)
{
    private const int DeepestGroup = 100, MostRepeats = 100_000;

    private readonly int[] _text = CodePoints.Of(source);
    private int _at, _depth;
    private Options _options;

    private bool IsEnd => _at >= _text.Length;

    private int Current => IsEnd ? -1 : _text[_at];

    /// <summary>The parts of the pattern.</summary>
    /// <exception cref="InvalidInputException">The pattern is malformed, or has a part that is not read.</exception>
    public PatternNode Read()
    {
        PatternNode pattern = Alternatives();
        return IsEnd ? pattern : throw Error("a closing bracket too many");
    }

    private PatternNode Alternatives()
    {
        if (++_depth > DeepestGroup)
        {
            throw Error("brackets nested too deep");
        }

        Options outside = _options;
        List<PatternNode> branches = [Sequence()];
        while (Take('|'))
        {
            branches.Add(Sequence());
        }

        _depth--;
        _options = outside;
        return branches.Count == 1 ? branches[0] : new PatternNode.Either(branches);
    }

    private PatternNode Sequence()
    {
        List<PatternNode> parts = [];
        while (!IsEnd && Current is not ('|' or ')'))
        {
            if (_options.Extended && (CodePoints.IsWhiteSpace(Current) || Current == '#'))
            {
                SkipRemark();
            }
            else if (Atom() is { } part)
            {
                parts.Add(Repeated(part));
            }
        }

        return parts.Count == 1 ? parts[0] : new PatternNode.Sequence(parts);
    }

    private void SkipRemark()
    {
        bool remark = _text[_at++] == '#';
        while (remark && !IsEnd && _text[_at++] != '\n')
        {
        }
    }

    private PatternNode? Atom()
    {
        int code = _text[_at++];
        return code switch
        {
            '(' => Group(),
            '[' => new PatternNode.Set(new PatternClass(_text, source, _options.IgnoreCase).Read(ref _at)),
            '.' => new PatternNode.Set(CharacterSet.Of(_options.DotAll ? _ => true : c => c != '\n')),
            '^' => new PatternNode.Place(PatternStep.LineStart),
            '$' => new PatternNode.Place(PatternStep.LineEnd),
            '\\' => Escape(),
            '*' or '+' or '?' => throw Error($"'{(char)code}' with nothing to repeat"),
            _ => new PatternNode.Set(CharacterSet.Of(code, _options.IgnoreCase)),
        };
    }

    private PatternNode Escape()
    {
        PatternStep? place = Current switch
        {
            'A' => PatternStep.TextStart,
            'z' => PatternStep.TextEnd,
            'Z' => PatternStep.TextEndOrBreak,
            'b' => PatternStep.WordBorder,
            'B' => PatternStep.NoWordBorder,
            _ => null,
        };
        if (place is { } step)
        {
            _at++;
            return new PatternNode.Place(step);
        }

        return new PatternNode.Set(new PatternClass(_text, source, _options.IgnoreCase).ReadEscape(ref _at));
    }

    private PatternNode? Group()
    {
        if (!Take('?'))
        {
            return Closed(Alternatives());
        }

        if (Take(':'))
        {
            return Closed(Alternatives());
        }

        if (Take('#'))
        {
            SkipTo(')');
            return null;
        }

        if (Take('>'))
        {
            return Closed(new PatternNode.Atomic(Alternatives()));
        }

        if (Take('=') || Current == '!')
        {
            bool negated = Take('!');
            return Closed(new PatternNode.Look(Alternatives(), Behind: false, negated));
        }

        if (!Take('<'))
        {
            return Switches();
        }

        if (Take('=') || Current == '!')
        {
            bool negated = Take('!');
            return Closed(new PatternNode.Look(Alternatives(), Behind: true, negated));
        }

        // A name; nothing refers to it.
        SkipTo('>');
        return Closed(Alternatives());
    }

    // (?i:...), or (?i) up to the end of the group around it: in Oniguruma with the alternatives that follow.
    private PatternNode Switches()
    {
        Options outside = _options, inside = _options;
        bool on = true;
        while (!IsEnd)
        {
            int code = _text[_at++];
            switch (code)
            {
                case '-':
                    on = false;
                    break;
                case 'i':
                    inside = inside with { IgnoreCase = on };
                    break;
                case 'm':
                    inside = inside with { DotAll = on };
                    break;
                case 'x':
                    inside = inside with { Extended = on };
                    break;
                case ':' or ')':
                    _options = inside;
                    PatternNode part = Alternatives();
                    _options = outside;
                    return code == ':' ? Closed(part) : part;
                default:
                    throw Error($"a group (?{char.ConvertFromUtf32(code)}...), which is not supported");
            }
        }

        throw Error("a bracket that is not closed");
    }

    private PatternNode Repeated(PatternNode part)
    {
        while (Repeat() is var (least, most, bounds))
        {
            // In Ruby's syntax a{2}? is an optional a{2}, and a plus behind braces repeats once more.
            bool exact = bounds && least == most;
            bool lazy = !exact && Take('?'), possessive = !bounds && !lazy && Take('+');
            part = part is PatternNode.Place or PatternNode.Look && most > 1
                ? new PatternNode.Repeat(part, Math.Min(least, 1), 1, !lazy)
                : new PatternNode.Repeat(part, least, most, !lazy);
            part = possessive ? new PatternNode.Atomic(part) : part;
        }

        return part;
    }

    private (int Least, int Most, bool Bounds)? Repeat()
    {
        switch (Current)
        {
            case '?':
                _at++;
                return (0, 1, false);
            case '*':
                _at++;
                return (0, int.MaxValue, false);
            case '+':
                _at++;
                return (1, int.MaxValue, false);
            case '{':
                int start = _at++;
                if (Bounds() is var (least, most))
                {
                    return least <= most ? (least, most, true) : throw Error("bounds of a repeat in the wrong order");
                }

                // A brace that begins no bounds is itself.
                _at = start;
                return null;
            default:
                return null;
        }
    }

    private (int Least, int Most)? Bounds()
    {
        int? least = Number(), most = least;
        if (Take(','))
        {
            most = Number() ?? (least is null ? null : int.MaxValue);
        }

        return most is { } limit && Take('}') ? (least ?? 0, limit) : null;
    }

    private int? Number()
    {
        int start = _at, value = 0;
        for (; Current is >= '0' and <= '9'; _at++)
        {
            value = (value * 10) + Current - '0';
            if (value > MostRepeats)
            {
                throw Error($"more than {MostRepeats} repeats");
            }
        }

        return _at > start ? value : null;
    }

    private PatternNode Closed(PatternNode part) => Take(')') ? part : throw Error("a bracket that is not closed");

    private void SkipTo(char end)
    {
        while (!Take(end))
        {
            if (IsEnd)
            {
                throw Error("a bracket that is not closed");
            }

            _at++;
        }
    }

    private bool Take(char code)
    {
        bool found = Current == code;
        _at += found ? 1 : 0;
        return found;
    }

    private InvalidInputException Error(string found) => new($"pattern {OneLine.Quote(source)}: found {found}");

    private readonly record struct Options(bool IgnoreCase, bool DotAll, bool Extended);
}

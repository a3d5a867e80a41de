using System.Globalization;

namespace Interp.Runtime.Tokenization;

/// <summary>Reads the sets of characters in a pattern: <c>[...]</c> and <c>\s</c>, <c>\p{L}</c>, <c>\n</c> and the like.</summary>
internal sealed class PatternClass(int[] text, string source, bool ignoreCase)
{
    /// <summary>Reads what stands behind an opening bracket, up to and with the closing one.</summary>
    public CharacterSet Read(ref int at)
    {
        bool negated = Take(ref at, '^');
        var set = new CharacterSet { IgnoreCase = ignoreCase };
        CharacterSet part = set;
        bool first = true;
        for (; ; first = false)
        {
            int code = Next(ref at);
            if (code == ']' && !first)
            {
                break;
            }

            if (code == '&' && at < text.Length && text[at] == '&')
            {
                at++;
                part = new CharacterSet { IgnoreCase = ignoreCase };
                set.Intersect(part);
            }
            else if (code == '[' && at < text.Length && text[at] == ':')
            {
                part.Add(Posix(ref at));
            }
            else if (code == '[')
            {
                part.Add(Read(ref at));
            }
            else
            {
                Member(part, code, ref at);
            }
        }

        set.Negated = negated;
        return set;
    }

    /// <summary>Reads what stands behind a backslash.</summary>
    public CharacterSet ReadEscape(ref int at)
    {
        int code = Next(ref at);
        return Class(code, ref at) ?? CharacterSet.Of(Single(code, ref at), ignoreCase);
    }

    private void Member(CharacterSet set, int code, ref int at)
    {
        if (code == '\\')
        {
            code = Next(ref at);
            if (Class(code, ref at) is { } members)
            {
                set.Add(members);
                return;
            }

            code = Single(code, ref at);
        }

        if (at + 1 < text.Length && text[at] == '-' && text[at + 1] != ']')
        {
            int behind = at++;
            int last = Next(ref at);
            if (last == '\\')
            {
                last = Next(ref at);
                if (Class(last, ref at) is { } members)
                {
                    set.Add(code, code);
                    set.Add('-', '-');
                    set.Add(members);
                    return;
                }

                last = Single(last, ref at);
            }
            else if (last == '[')
            {
                at = behind;
                set.Add(code, code);
                return;
            }

            set.Add(code, last >= code ? last : throw Error("a range in the wrong order"));
            return;
        }

        set.Add(code, code);
    }

    private CharacterSet? Class(int code, ref int at) => code switch
    {
        's' => CharacterSet.Of(CodePoints.IsWhiteSpace),
        'S' => CharacterSet.Of(CodePoints.IsWhiteSpace, negated: true),
        'd' => CharacterSet.Of(CodePoints.IsDigit),
        'D' => CharacterSet.Of(CodePoints.IsDigit, negated: true),
        'w' => CharacterSet.Of(CodePoints.IsWord),
        'W' => CharacterSet.Of(CodePoints.IsWord, negated: true),
        'h' => CharacterSet.Of(IsHex),
        'H' => CharacterSet.Of(IsHex, negated: true),
        'p' => Property(ref at, false),
        'P' => Property(ref at, true),
        _ => null,
    };

    private int Single(int code, ref int at) => code switch
    {
        't' => '\t',
        'n' => '\n',
        'v' => '\v',
        'f' => '\f',
        'r' => '\r',
        'a' => '\a',
        'e' => 0x1B,
        'x' => Hex(ref at, Take(ref at, '{') ? 0 : 2),
        'u' => Hex(ref at, 4),
        '0' => 0,
        _ when code < 128 && char.IsAsciiLetterOrDigit((char)code) => throw Error($"\\{(char)code}, which is not supported"),
        _ => code,
    };

    private CharacterSet Property(ref int at, bool negated)
    {
        if (!Take(ref at, '{'))
        {
            throw Error("a property without braces");
        }

        negated ^= Take(ref at, '^');
        string name = Name(ref at, '}');
        return CharacterSet.Of(CharacterSet.Property(name) ?? throw Error($"the property {OneLine.Quote(name)}, which is not supported"), negated);
    }

    private CharacterSet Posix(ref int at)
    {
        at++;
        bool negated = Take(ref at, '^');
        string name = Name(ref at, ':');
        if (!Take(ref at, ']'))
        {
            throw Error("a class [: that is not closed");
        }

        Func<int, bool> members = name switch
        {
            "digit" => CodePoints.IsDigit,
            "space" => CodePoints.IsWhiteSpace,
            "word" => CodePoints.IsWord,
            "xdigit" => IsHex,
            _ => throw Error($"the class [:{name}:], which is not supported"),
        };
        return CharacterSet.Of(members, negated);
    }

    private string Name(ref int at, char end)
    {
        int start = at;
        while (Next(ref at) != end)
        {
        }

        return CodePoints.Text(text.AsSpan(start, at - 1 - start));
    }

    // Digits 0 stands for any number of them up to a brace.
    private int Hex(ref int at, int digits)
    {
        int start = at;
        while (at < text.Length && IsHex(text[at]) && (digits == 0 || at - start < digits))
        {
            at++;
        }

        bool found = int.TryParse(
            CodePoints.Text(text.AsSpan(start, at - start)), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int code);
        if (digits == 0 && !Take(ref at, '}'))
        {
            throw Error("a code point without a closing brace");
        }

        return found && code <= 0x10FFFF ? code : throw Error("\\x or \\u without a code point");
    }

    private int Next(ref int at) => at < text.Length ? text[at++] : throw Error("a set of characters that is not closed");

    private bool Take(ref int at, char code)
    {
        bool found = at < text.Length && text[at] == code;
        at += found ? 1 : 0;
        return found;
    }

    private static bool IsHex(int code) => code < 128 && char.IsAsciiHexDigit((char)code);

    private InvalidInputException Error(string found) => new($"pattern {OneLine.Quote(source)}: found {found}");
}

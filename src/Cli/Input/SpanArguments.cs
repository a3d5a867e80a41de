using Interp.Analysis;

namespace Interp.Cli;

/// <summary>The spans that <c>--span</c> names.</summary>
/// <param name="Positions">Spans as positions.</param>
/// <param name="Texts">Spans as texts.</param>
internal sealed record SpanArguments(
    IReadOnlyDictionary<string, IReadOnlyList<int>> Positions, IReadOnlyDictionary<string, string> Texts)
{
    /// <summary>Reads <c>NAME=LIST</c> and <c>NAME=TEXT</c>; what consists of digits and commas is a list.</summary>
    /// <exception cref="InvalidInputException">One has no name or nothing behind it, or a name is there twice.</exception>
    public static SpanArguments Parse(IReadOnlyList<string> arguments)
    {
        Dictionary<string, IReadOnlyList<int>> positions = new(StringComparer.Ordinal);
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        foreach (string argument in arguments)
        {
            int at = argument.IndexOf('=', StringComparison.Ordinal);
            if (at < 1 || at == argument.Length - 1)
            {
                throw new InvalidInputException($"--span: expected NAME=LIST or NAME=TEXT, such as subject=1,2, found '{argument}'");
            }

            string name = argument[..at], value = argument[(at + 1)..];
            if (positions.ContainsKey(name) || texts.ContainsKey(name))
            {
                throw new InvalidInputException($"--span: expected '{name}' once, found it again");
            }

            if (value.All(c => char.IsAsciiDigit(c) || c is ',' or ' '))
            {
                positions[name] = TokenIds.Parse(value, $"--span {name}");
            }
            else
            {
                texts[name] = value;
            }
        }

        return new SpanArguments(positions, texts);
    }
}

using System.Globalization;

namespace Interp.Cli;

/// <summary>
/// Names with a value each, one a line, as <see cref="PeopleTable"/> would print them. Written without a library: it is what
/// <c>info</c> prints, which should start as fast as a small program.
/// </summary>
/// <param name="name">Heading of the names.</param>
/// <param name="value">Heading of the values.</param>
internal sealed class FactList(string name, string value)
{
    private const string Indent = "  ";
    private const int Gap = 3;

    private readonly List<KeyValuePair<string, string>> _facts = [];

    /// <summary>Adds a fact.</summary>
    /// <param name="name">What it is, in letters of one column each.</param>
    /// <param name="value">Its value.</param>
    public void Add(string name, IFormattable value) => Add(name, value.ToString(null, CultureInfo.InvariantCulture));

    /// <summary>Adds a fact.</summary>
    /// <param name="name">What it is, in letters of one column each.</param>
    /// <param name="value">Its value.</param>
    public void Add(string name, string value) => _facts.Add(new KeyValuePair<string, string>(name, value));

    /// <summary>Prints the list.</summary>
    public void Print(TextWriter writer)
    {
        int first = name.Length, second = value.Length;
        foreach (KeyValuePair<string, string> fact in _facts)
        {
            first = Math.Max(first, fact.Key.Length);
            second = Math.Max(second, fact.Value.Length);
        }

        writer.WriteLine();
        Line(name, value);
        writer.WriteLine(new string('─', Indent.Length + first + Gap + second + Indent.Length));
        foreach (KeyValuePair<string, string> fact in _facts)
        {
            Line(fact.Key, fact.Value);
        }

        writer.WriteLine();

        void Line(string what, string text)
        {
            writer.Write(Indent);
            writer.Write(what.PadRight(first + Gap));
            writer.WriteLine(text);
        }
    }
}

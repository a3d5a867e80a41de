using System.Globalization;
using Spectre.Console;

namespace Interp.Cli;

/// <summary>A short table for people.</summary>
internal sealed class PeopleTable
{
    private readonly Table _table = new() { Border = TableBorder.Simple };

    /// <summary>Creates an empty table.</summary>
    /// <param name="columns">Headings; those that begin with <c>#</c> are of numbers and stand to the right.</param>
    public PeopleTable(params string[] columns)
    {
        foreach (string name in columns)
        {
            bool number = name.StartsWith('#');
            _table.AddColumn(new TableColumn(new Text(number ? name[1..] : name))
            {
                Alignment = number ? Justify.Right : Justify.Left,
                NoWrap = true,
            });
        }
    }

    /// <summary>Adds a row; numbers are shortened, null is blank.</summary>
    public void Add(params object?[] values) => _table.AddRow(values.Select(v => new Text(v switch
    {
        null => "",
        double number => Shown.Number(number),
        _ => Convert.ToString(v, CultureInfo.InvariantCulture)!,
    })));

    /// <summary>Prints the table.</summary>
    public void Print(TextWriter writer)
    {
        // A narrow terminal may wrap a line; a number that is broken in the middle could not be read.
        IAnsiConsole console = Session.Rich(writer);
        console.Profile.Width = Math.Max(console.Profile.Width, Session.PlainWidth);
        console.Write(_table);
    }
}

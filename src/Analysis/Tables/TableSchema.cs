using System.Diagnostics.CodeAnalysis;

namespace Interp.Analysis;

/// <summary>A table that results come in: its name, its columns, and what a row is.</summary>
/// <param name="Name">Name of the table, such as <c>patching</c>.</param>
/// <param name="Commands">Commands that give it.</param>
/// <param name="Meaning">What a row is, in a sentence.</param>
/// <param name="Columns">The columns in order.</param>
/// <param name="Record">The record that rows can be read as (<see cref="ResultTable.As{T}"/>).</param>
public sealed record TableSchema(
    string Name, string Commands, string Meaning, IReadOnlyList<Column> Columns, Type Record)
{
    private static readonly string[] OfNames = ["id", "group"];

    /// <summary>An empty table of this kind.</summary>
    /// <param name="named">Whether <c>id</c> and <c>group</c> of the prompt stand beside its number.</param>
    public ResultTable Create(bool named = true) => new(Name, Without(named ? [] : OfNames));

    /// <summary>The columns but some.</summary>
    internal IReadOnlyList<Column> Without(IReadOnlyCollection<string> names) => [.. Columns.Where(c => !names.Contains(c.Name))];

    internal static TableSchema Of<[DynamicallyAccessedMembers(RecordMembers.Needed)] T>(string name, string commands, string meaning) =>
        new(name, commands, meaning, RowMap<T>.Instance.Columns, typeof(T));
}

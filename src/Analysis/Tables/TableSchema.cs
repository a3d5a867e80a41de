using System.Diagnostics.CodeAnalysis;

namespace Interp.Analysis;

/// <summary>A table that results come in: its name, its columns, and what a row is.</summary>
/// <param name="Name">Name of the table, such as <c>patching</c>.</param>
/// <param name="Commands">Commands that give it.</param>
/// <param name="Meaning">What a row is, in a sentence.</param>
/// <param name="Columns">The columns in order.</param>
/// <param name="Record">The record that rows can be read as (<see cref="ResultTable.As{T}"/>).</param>
public record TableSchema(
    string Name, string Commands, string Meaning, IReadOnlyList<Column> Columns, Type Record)
{
    private static readonly string[] OfNames = ["id", "group"];

    /// <summary>An empty table of this kind.</summary>
    /// <param name="named">Whether <c>id</c> and <c>group</c> of the prompt stand beside its number.</param>
    public virtual ResultTable Create(bool named = true) => new(Name, Some(named));

    private protected IReadOnlyList<Column> Some(bool named) => [.. Columns.Where(c => named || !OfNames.Contains(c.Name))];

    internal static TableSchema<T> Of<[DynamicallyAccessedMembers(RecordMembers.Needed)] T>(string name, string commands, string meaning) =>
        new(name, commands, meaning, RowMap<T>.Instance.Columns);
}

/// <summary>A table that results come in, whose rows are records.</summary>
/// <typeparam name="T">The record.</typeparam>
/// <param name="Name">Name of the table, such as <c>patching</c>.</param>
/// <param name="Commands">Commands that give it.</param>
/// <param name="Meaning">What a row is, in a sentence.</param>
/// <param name="Columns">The columns in order.</param>
public sealed record TableSchema<[DynamicallyAccessedMembers(RecordMembers.Needed)] T>(
    string Name, string Commands, string Meaning, IReadOnlyList<Column> Columns) : TableSchema(Name, Commands, Meaning, Columns, typeof(T))
{
    /// <inheritdoc/>
    public override ResultTable<T> Create(bool named = true) => new(Name, Some(named));
}

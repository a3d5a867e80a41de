namespace Interp.Analysis;

/// <summary>Type of a table's column.</summary>
public enum ColumnType
{
    /// <summary>32-bit integer; index columns.</summary>
    Int32,

    /// <summary>64-bit float; value columns.</summary>
    Float64,

    /// <summary>Text; names. Each distinct text is held once, rows hold its number.</summary>
    Text,

    /// <summary>64-bit integer; counts beyond two billion, in tables of one's own.</summary>
    Int64,
}

/// <summary>A column of a table.</summary>
/// <param name="Name">Name, as the contract of the command line has it.</param>
/// <param name="Type">Type of its values; every column may hold nulls.</param>
public readonly record struct Column(string Name, ColumnType Type);

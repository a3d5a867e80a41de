namespace Interp.Analysis;

/// <summary>How many ids a column holds.</summary>
internal enum IdCount
{
    /// <summary>One.</summary>
    One,

    /// <summary>A list.</summary>
    Several,

    /// <summary>One, or a list.</summary>
    Any,
}

/// <summary>A row of a file, column by column, whatever the file's format.</summary>
internal interface IDataRow
{
    /// <summary>Whether the row has anything in a column.</summary>
    bool Has(string column);

    /// <summary>A text.</summary>
    /// <param name="column">The column; the row has something there.</param>
    /// <param name="label">Whether numbers will do as well.</param>
    /// <exception cref="InvalidInputException">It holds something else.</exception>
    string Text(string column, bool label);

    /// <summary>A list of texts.</summary>
    /// <exception cref="InvalidInputException">It holds something else.</exception>
    IReadOnlyList<string> Texts(string column);

    /// <summary>Whole numbers.</summary>
    /// <exception cref="InvalidInputException">It holds something else.</exception>
    IReadOnlyList<int> Ids(string column, IdCount count);
}

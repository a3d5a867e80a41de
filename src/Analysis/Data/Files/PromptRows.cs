namespace Interp.Analysis;

/// <summary>Rows of files of data that a model can use, and those that it cannot.</summary>
internal static class PromptRows
{
    /// <summary>Reads rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="read">Reads one.</param>
    /// <param name="skip">Whether rows that cannot be used are left out. Rows without an id get the place where they stand for one.</param>
    /// <returns>The prompts, and what is wrong with the rows that were left out.</returns>
    /// <exception cref="InvalidInputException">A row cannot be used, or with <paramref name="skip"/> none can.</exception>
    public static (IReadOnlyList<PromptPair> Pairs, IReadOnlyList<InvalidInputException> LeftOut) Read(
        IReadOnlyList<RawPair> rows, Func<RawPair, PromptPair> read, bool skip)
    {
        List<PromptPair> pairs = [];
        List<InvalidInputException> bad = [];
        for (int i = 0; i < rows.Count; i++)
        {
            RawPair row = rows[i];
            try
            {
                PromptPair pair = read(row);
                pairs.Add(skip ? pair with { Id = pair.Id ?? row.Source, Row = i } : pair);
            }
            catch (InvalidInputException exception)
            {
                bad.Add(exception);
            }
        }

        if (bad.Count > 0 && (pairs.Count == 0 || !skip))
        {
            string others = (bad.Count, pairs.Count) switch
            {
                (1, 0) => "",
                (_, 0) => $" (none of the {rows.Count} rows can be used)",
                _ => $" ({bad.Count} of {rows.Count} rows cannot be used; --skip-bad-rows leaves them out)",
            };
            throw new InvalidInputException(bad[0].Message + others, bad[0]);
        }

        return (pairs, bad);
    }
}

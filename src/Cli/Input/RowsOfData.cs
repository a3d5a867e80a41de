using Interp.Analysis;

namespace Interp.Cli;

/// <summary>Rows of files of data that a model can use, and those that it cannot.</summary>
internal static class RowsOfData
{
    private const int Told = 5;

    /// <summary>Reads rows.</summary>
    /// <param name="session">The call; told which rows are left out.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="read">Reads one.</param>
    /// <param name="skip">Whether rows that cannot be used are left out. Rows without an id get the place where they stand for one.</param>
    /// <exception cref="InvalidInputException">A row cannot be used, or with <paramref name="skip"/> none can.</exception>
    public static IReadOnlyList<PromptPair> Read(
        Session session, IReadOnlyList<RawPair> rows, Func<RawPair, PromptPair> read, bool skip)
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

        if (bad.Count == 0)
        {
            return pairs;
        }

        if (pairs.Count == 0 || !skip)
        {
            string others = (bad.Count, pairs.Count) switch
            {
                (1, 0) => "",
                (_, 0) => $" (none of the {rows.Count} rows can be used)",
                _ => $" ({bad.Count} of {rows.Count} rows cannot be used; --skip-bad-rows leaves them out)",
            };
            throw new InvalidInputException(bad[0].Message + others, bad[0]);
        }

        foreach (InvalidInputException exception in bad.Take(Told))
        {
            session.Remark($"left out: {exception.Message}");
        }

        session.Remark($"{bad.Count} of {rows.Count} rows were left out{(bad.Count > Told ? $", the first {Told} are named above" : "")}");
        return pairs;
    }
}

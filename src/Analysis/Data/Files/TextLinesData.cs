namespace Interp.Analysis;

/// <summary>Prompts as lines of text: each line is one, just as it stands; empty lines are skipped.</summary>
internal static class TextLinesData
{
    /// <summary>Reads the rows of a text.</summary>
    /// <param name="name">Name of the file, for errors.</param>
    /// <param name="content">The text.</param>
    /// <param name="map">Which column holds which field; a line has none.</param>
    /// <exception cref="InvalidInputException">Columns were named.</exception>
    public static IReadOnlyList<RawPair> Read(string name, string content, FieldMap map)
    {
        if (map.Columns.Any())
        {
            throw new InvalidInputException($"--fields: expected a .jsonl or .csv file, whose columns have names, found {name}");
        }

        string[] lines = content.Split('\n');
        return
        [
            .. from i in Enumerable.Range(0, lines.Length)
               let line = lines[i].EndsWith('\r') ? lines[i][..^1] : lines[i]
               where line.Length > 0
               select new RawPair($"{name}, line {i + 1}") { Clean = line },
        ];
    }
}

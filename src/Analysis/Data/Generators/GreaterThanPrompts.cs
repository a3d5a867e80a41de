using System.Globalization;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// Greater-than (Hanna et al. 2023): an event lasts from a year to a later one of the same century; every later two-digit
/// ending is an answer, every other one wrong. The corrupted prompt begins in the year 01, so that nearly every ending is
/// right. The metric meant for it is prob-diff. Group: the century.
/// </summary>
internal static class GreaterThanPrompts
{
    private static readonly string[] Events =
    [
        "war", "siege", "reign", "trial", "journey", "dispute", "project", "drought", "voyage", "alliance", "campaign", "truce",
        "expedition", "rebellion", "marriage", "study", "treaty", "festival", "plague", "exile",
    ];

    public static Func<SeededRandom, GeneratedPrompt> Create(TokenWords words)
    {
        string[] endings = [.. Enumerable.Range(0, 100).Select(n => n.ToString("00", CultureInfo.InvariantCulture))];
        int[] ids = [.. endings.Select(e => words.Token(e)).OfType<int>()];
        if (ids.Length < endings.Length)
        {
            string[] missing = [.. endings.Where(e => words.Token(e) is null)];
            throw new InvalidInputException(
                $"greater-than: expected the endings of years 00 to 99 to be one token each, found {ids.Length} of 100; "
                + $"missing: {string.Join(", ", missing.Take(5))}{(missing.Length > 5 ? ", ..." : "")}");
        }

        // A year is two tokens, century and ending, only for some years of a vocabulary.
        (int Century, int Year)[] years =
        [
            .. from century in Enumerable.Range(11, 7)
               let first = Begins(century)
               where words.Continues(first, "01")
               from year in Enumerable.Range(2, 97)
               where words.Continues(first, endings[year])
               select (century, year),
        ];
        if (years.Length < 10)
        {
            throw new InvalidInputException(
                $"greater-than: expected at least 10 years that are the tokens of a century and of an ending, found {years.Length}");
        }

        return random =>
        {
            (int century, int year) = Choice.Of(random, years);
            string what = Choice.Of(random, Events);
            string Text(string ending) => string.Create(
                CultureInfo.InvariantCulture, $"The {what} lasted from the year {century}{ending} to the year {century}");
            string clean = Text(endings[year]), corrupted = Text("01");
            return new GeneratedPrompt
            {
                Clean = clean,
                Corrupted = corrupted,
                Pair = new PromptPair
                {
                    Clean = words.Prompt(clean),
                    Corrupted = words.Prompt(corrupted),
                    Answers = ids[(year + 1)..],
                    Wrongs = ids[..(year + 1)],
                    Group = century.ToString(CultureInfo.InvariantCulture),
                },
            };
        };

        static string Begins(int century) => string.Create(CultureInfo.InvariantCulture, $"It lasted from the year {century}");
    }
}

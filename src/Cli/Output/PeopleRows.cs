namespace Interp.Cli;

/// <summary>How much of a table people are shown.</summary>
internal static class PeopleRows
{
    /// <summary>Most rows of a table that are printed.</summary>
    public const int Most = 40;

    /// <summary>Says how many rows there are and how to get them, when not all were shown.</summary>
    public static void Remainder(Session session, int shown, int all)
    {
        if (all > shown)
        {
            session.Output.WriteLine($"{shown} of {Shown.Count(all)} rows; --out FILE.arrow, FILE.csv or --json gives all of them");
        }
    }
}

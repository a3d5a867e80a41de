namespace Interp.Analysis;

/// <summary>
/// Indirect object identification (Wang et al. 2022): two people, one of them acts, the answer is the other. The corrupted
/// prompt has the names of who acts exchanged (symmetric token replacement, Zhang and Nanda 2024), so answer and wrong change
/// places. Group: ABBA or BABA, the order of indirect object (A) and subject (B).
/// </summary>
internal static class IoiPrompts
{
    private static readonly string[] Names =
    [
        " Mary", " John", " James", " David", " Robert", " Michael", " Sarah", " Anna", " Peter", " Paul", " Mark", " George",
        " Laura", " Emily", " Kate", " Alice", " Jack", " Tom", " Sam", " Ben", " Max", " Tim", " Lily", " Lucy", " Rose", " Grace",
        " Henry", " Simon", " Martin", " Daniel", " Thomas", " William", " Charles", " Andrew", " Kevin", " Brian", " Rachel",
        " Jane", " Amy", " Susan",
    ];

    private static readonly string[] Places = ["the store", "the park", "the office", "the school", "the station", "the garden", "the beach"];
    private static readonly string[] Objects = ["a drink", "a book", "a letter", "a ring", "a ball", "a flower", "a key"];

    private static readonly string[] Templates =
    [
        "When{0} and{1} went to {3},{2} gave {4} to",
        "Then{0} and{1} met at {3}, and{2} handed {4} to",
        "After{0} and{1} had a long walk to {3},{2} offered {4} to",
        "While{0} and{1} were at {3},{2} found {4} and gave it to",
        "Yesterday{0} and{1} were working at {3}, where{2} showed {4} to",
        "Friends for years,{0} and{1} often went to {3}. Once{2} bought {4} for",
    ];

    public static Func<SeededRandom, GeneratedPrompt> Create(TokenWords words)
    {
        string[] names = words.Single("ioi", "names", Names, 4);
        return random =>
        {
            string[] two = Choice.Several(random, names, 2);
            string template = Choice.Of(random, Templates), place = Choice.Of(random, Places), thing = Choice.Of(random, Objects);
            bool abba = random.Next(2) == 0;
            string answer = two[0], subject = two[1];
            string Text(string actor) => string.Format(
                System.Globalization.CultureInfo.InvariantCulture, template, abba ? answer : subject, abba ? subject : answer, actor, place, thing);
            string clean = Text(subject), corrupted = Text(answer);
            return new GeneratedPrompt
            {
                Clean = clean,
                Corrupted = corrupted,
                Answer = answer,
                Wrong = subject,
                Pair = new PromptPair
                {
                    Clean = words.Prompt(clean),
                    Corrupted = words.Prompt(corrupted),
                    Answers = [words.Token(answer)!.Value],
                    Wrongs = [words.Token(subject)!.Value],
                    Group = abba ? "ABBA" : "BABA",
                },
            };
        };
    }
}

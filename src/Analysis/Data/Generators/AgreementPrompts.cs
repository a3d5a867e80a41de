using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// Agreement of verb and subject across a noun of either number (Linzen et al. 2016): the corrupted prompt has the subject in
/// the other number, so answer and wrong change places. Group: numbers of subject and of the noun between. Span
/// <c>subject</c>: the subject.
/// </summary>
internal static class AgreementPrompts
{
    private static readonly (string One, string Many)[] Nouns =
    [
        (" boy", " boys"), (" girl", " girls"), (" teacher", " teachers"), (" doctor", " doctors"), (" friend", " friends"),
        (" man", " men"), (" woman", " women"), (" student", " students"), (" king", " kings"), (" child", " children"),
        (" bird", " birds"), (" dog", " dogs"), (" cat", " cats"), (" car", " cars"), (" house", " houses"), (" tree", " trees"),
        (" farmer", " farmers"), (" soldier", " soldiers"), (" worker", " workers"), (" player", " players"),
    ];

    private static readonly (string One, string Many)[] Verbs = [(" is", " are"), (" has", " have"), (" was", " were"), (" does", " do")];
    private static readonly string[] Between = [" near the", " behind the", " beside the", " by the"];

    public static Func<SeededRandom, GeneratedPrompt> Create(TokenWords words)
    {
        string[] single = words.Single("agreement", "forms of nouns", [.. Nouns.SelectMany(n => new[] { n.One, n.Many })], 6);
        var nouns = Nouns.Where(n => single.Contains(n.One) && single.Contains(n.Many)).ToArray();
        string[] forms = words.Single("agreement", "forms of verbs", [.. Verbs.SelectMany(n => new[] { n.One, n.Many })], 2);
        var verbs = Verbs.Where(v => forms.Contains(v.One) && forms.Contains(v.Many)).ToArray();
        if (nouns.Length < 3 || verbs.Length < 1)
        {
            throw new InvalidInputException(
                $"agreement: expected at least 3 nouns and 1 verb whose forms are one token each, found {nouns.Length} of {Nouns.Length} and "
                + $"{verbs.Length} of {Verbs.Length}");
        }

        return random =>
        {
            (string One, string Many)[] two = Choice.Several(random, nouns, 2);
            (string one, string many) = Choice.Of(random, verbs);
            string between = Choice.Of(random, Between);
            bool singular = random.Next(2) == 0, other = random.Next(2) == 0;
            string Text(bool s) => "The" + (s ? two[0].One : two[0].Many) + between + (other ? two[1].One : two[1].Many);
            string clean = Text(singular), corrupted = Text(!singular);
            string answer = singular ? one : many, wrong = singular ? many : one;
            IReadOnlyList<int> tokens = words.Prompt(clean);
            string subject = singular ? two[0].One : two[0].Many;
            int at = tokens.ToList().IndexOf(words.Token(subject)!.Value);
            return new GeneratedPrompt
            {
                Clean = clean,
                Corrupted = corrupted,
                Answer = answer,
                Wrong = wrong,
                Subject = subject.Trim(),
                Pair = new PromptPair
                {
                    Clean = tokens,
                    Corrupted = words.Prompt(corrupted),
                    Answers = [words.Token(answer)!.Value],
                    Wrongs = [words.Token(wrong)!.Value],
                    Group = $"{Number(singular)}_{Number(other)}",
                    Spans = at < 0 ? new Dictionary<string, IReadOnlyList<int>>() : new Dictionary<string, IReadOnlyList<int>> { ["subject"] = [at] },
                },
            };
        };

        static string Number(bool singular) => singular ? "singular" : "plural";
    }
}

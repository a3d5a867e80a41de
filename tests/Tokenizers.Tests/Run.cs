using System.Text;

namespace Interp.Tokenizers.Tests;

/// <summary>One pass over random pairs of a file and a text.</summary>
internal sealed class Run(int firstSeed, string? report)
{
    private readonly Dictionary<Verdict, int> verdicts = [];
    private readonly HashSet<string> reported = [];
    private int files;

    /// <summary>Files and texts that were compared.</summary>
    public int Pairs { get; private set; }

    /// <summary>Wrong answers, made small; no more than a few are.</summary>
    public List<Failure> Failures { get; } = [];

    /// <summary>How many wrong answers there were.</summary>
    public int Wrong => verdicts.GetValueOrDefault(Verdict.Different) + verdicts.GetValueOrDefault(Verdict.Crashed);

    /// <summary>How many pairs were refused for which reason.</summary>
    public SortedDictionary<string, int> Refused { get; } = [];

    /// <summary>How many pairs only the reference refused, for which reason.</summary>
    public SortedDictionary<string, int> ReadAlone { get; } = [];

    public void Compare(int pairs, int textsOfEach)
    {
        using Comparison comparison = new();
        for (int seed = firstSeed; Pairs < pairs; seed++)
        {
            Draw draw = new(seed);
            RandomTokenizer tokenizer = TokenizerGenerator.Next(draw);
            comparison.Load(tokenizer.Json);
            files++;
            for (int i = 0; i < textsOfEach && Pairs < pairs; i++)
            {
                Pairs++;
                string text = TextGenerator.Next(draw, tokenizer.Lexicon, tokenizer.Added);
                int[] ids = [.. Enumerable.Range(0, draw.Below(12)).Select(_ => draw.One(tokenizer.Ids))];
                if (!Right(comparison, seed, new Question(tokenizer.Json, text, [])))
                {
                    comparison.Load(tokenizer.Json);
                    continue;
                }

                if (comparison.Found.Ids is not null && comparison.Expected.Ids is { } encoded
                    && !(Right(comparison, seed, new Question(tokenizer.Json, null, encoded)) && Right(comparison, seed, new Question(tokenizer.Json, null, ids))))
                {
                    comparison.Load(tokenizer.Json);
                }
            }
        }
    }

    public override string ToString()
    {
        StringBuilder text = new($"{Pairs} pairs of {files} files from seed {firstSeed}: {string.Join(", ", verdicts.OrderBy(v => v.Key).Select(v => $"{v.Value} {v.Key}"))}");
        foreach ((string name, SortedDictionary<string, int> reasons) in new[] { ("refused", Refused), ("read alone", ReadAlone) })
        {
            foreach ((string reason, int count) in reasons.OrderByDescending(r => r.Value))
            {
                text.Append($"\n  {name} {count}: {reason}");
            }
        }

        return text.ToString();
    }

    /// <summary>Asks, counts, and keeps a failure.</summary>
    private bool Right(Comparison comparison, int seed, Question question)
    {
        Verdict verdict = comparison.Ask(question.Text, question.Ids);
        verdicts[verdict] = verdicts.GetValueOrDefault(verdict) + 1;
        switch (verdict)
        {
            case Verdict.Refused:
                return Count(Refused, comparison.Found.Refusal!) || Report(comparison, seed, verdict, question);
            case Verdict.ReadAlone:
                return Count(ReadAlone, comparison.Expected.Refusal!) || Report(comparison, seed, verdict, question);
            case Verdict.Different or Verdict.Crashed:
                Keep(comparison, seed, verdict, question);
                return false;
            default:
                return true;
        }
    }

    private void Keep(Comparison comparison, int seed, Verdict verdict, Question question)
    {
        // Texts of the same file mostly fail for the same reason.
        if (Failures.Count >= (report is null ? 5 : 500) || Failures.Count(f => f.Seed == seed) >= 2)
        {
            return;
        }

        Failures.Add(Small(comparison, seed, verdict, question));
        Write(Failures[^1], Failures[^1].About);
    }

    /// <summary>Tells the first refusal of its kind, where a report is wanted.</summary>
    private bool Report(Comparison comparison, int seed, Verdict verdict, Question question)
    {
        if (report is null)
        {
            return true;
        }

        string reason = Reason();
        Write(Small(comparison, seed, verdict, question), $"{verdict}: {reason}");
        return false;

        string Reason() => Refusals.Kind((verdict == Verdict.Refused ? comparison.Found : comparison.Expected).Refusal!);
    }

    /// <summary>The question made small, of the same verdict and for the same reason.</summary>
    private static Failure Small(Comparison comparison, int seed, Verdict verdict, Question question)
    {
        string reason = Reason();
        Question small = new Shrinker(q => comparison.Ask(q) == verdict && Reason() == reason).Shrink(question, 1500);
        comparison.Ask(small);
        return new Failure(seed, verdict, small, comparison.Expected, comparison.Found);

        string Reason() => Refusals.Kind($"{comparison.Found.Refusal} {comparison.Expected.Refusal}");
    }

    private void Write(Failure failure, string about)
    {
        if (report is not null && reported.Add(about))
        {
            Directory.CreateDirectory(report);
            string name = $"{reported.Count:00}.txt";
            File.WriteAllText(Path.Combine(report, name), failure.ToString());
            File.AppendAllText(Path.Combine(report, "INDEX.txt"), $"{name} {about}\n");
        }
    }

    /// <summary>Counts a reason; whether it was known before.</summary>
    private static bool Count(SortedDictionary<string, int> reasons, string reason)
    {
        string kind = Refusals.Kind(reason);
        reasons[kind] = reasons.GetValueOrDefault(kind) + 1;
        return reasons[kind] > 1;
    }
}

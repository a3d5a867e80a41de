using Interp.Runtime;
using Interp.Runtime.Tokenization;

namespace Interp.Analysis.Tests.Data;

/// <summary>Generated prompts are what their kind says, for the tokenizer that they were made for.</summary>
public sealed class PromptGeneratorTests
{
    private static readonly Lazy<TextTokenizer> Loaded = new(() => TokenizerLoader.TryLoad(Fixtures.Require("tokenizers/gpt2"))!);

    // Asked for in the test, which is skipped where there is none; a type that cannot be initialized fails.
    private static TextTokenizer Gpt2 => Loaded.Value;

    public static TheoryData<string> Kinds => [.. PromptGenerator.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Pairs_have_one_length_single_answers_and_are_different(string kind)
    {
        IReadOnlyList<GeneratedPrompt> prompts = PromptGenerator.Make(kind, Gpt2, 200, 3).Prompts;
        Assert.Equal(200, prompts.Select(p => string.Join(' ', p.Pair.Clean)).Distinct().Count());
        Assert.All(prompts, p =>
        {
            Assert.Equal(p.Pair.Clean.Count, p.Pair.Corrupted.Count);
            Assert.NotEqual(p.Pair.Clean, p.Pair.Corrupted);
            Assert.Empty(p.Pair.Answers.Intersect(p.Pair.Wrongs));
            Assert.NotEmpty(p.Pair.Wrongs);
            if (p is { Clean: { } clean, Answer: { } answer, Wrong: { } wrong })
            {
                Assert.Equal([.. p.Pair.Clean, p.Pair.Answers.Single()], Gpt2.Encode(clean + answer));
                Assert.Equal([.. p.Pair.Clean, p.Pair.Wrongs.Single()], Gpt2.Encode(clean + wrong));
            }
        });
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_seed_decides(string kind)
    {
        string[] first = Written(10, 5);
        Assert.Equal(first, Written(10, 5));
        Assert.Equal(first[..4], Written(4, 5));
        Assert.NotEqual(first, Written(10, 6));

        string[] Written(int count, int seed) =>
            [.. PromptGenerator.Make(kind, Gpt2, count, seed).Prompts.Select(p => string.Join(' ', p.Pair.Clean.Concat(p.Pair.Corrupted).Concat(p.Pair.Answers)))];
    }

    [Fact]
    public void The_answer_of_induction_came_behind_the_last_token_and_in_the_corrupted_prompt_nothing_did()
    {
        Assert.All(PromptGenerator.Make("induction", Gpt2, 100).Prompts, p =>
        {
            int last = p.Pair.Clean[^1], before = p.Pair.Clean.ToList().IndexOf(last);
            Assert.Equal(p.Pair.Clean[before + 1], p.Pair.Answers.Single());
            Assert.Equal(p.Pair.Corrupted.Count - 1, p.Pair.Corrupted.ToList().IndexOf(last));
        });
    }

    [Fact]
    public void Induction_prompts_are_continued_by_the_demo_model()
    {
        TransformerModel model = DemoModel.Create();
        Assert.All(PromptGenerator.Make("induction", model.Tokenizer!, 50).Prompts, p =>
        {
            float[] logits = model.Run(p.Pair.Clean).LogitsAt(0, -1).ToArray();
            Assert.Equal(p.Pair.Answers.Single(), Array.IndexOf(logits, logits.Max()));
        });
    }

    [Fact]
    public void Of_two_people_the_answer_is_the_one_who_does_not_act()
    {
        IReadOnlyList<GeneratedPrompt> prompts = PromptGenerator.Make("ioi", Gpt2, 100).Prompts;
        Assert.Equal(["ABBA", "BABA"], prompts.Select(p => p.Pair.Group).Distinct().Order());
        Assert.All(prompts, p =>
        {
            Assert.Equal(2, p.Clean!.Split(p.Answer!).Length);
            Assert.Equal(3, p.Clean.Split(p.Wrong!).Length);
            bool first = p.Clean.IndexOf(p.Answer!, StringComparison.Ordinal) < p.Clean.IndexOf(p.Wrong!, StringComparison.Ordinal);
            Assert.Equal(first, p.Pair.Group == "ABBA");
        });
    }

    [Fact]
    public void Later_years_are_answers_and_all_others_wrong()
    {
        Assert.All(PromptGenerator.Make("greater-than", Gpt2, 100).Prompts, p =>
        {
            int year = int.Parse(p.Clean!.Split("the year ")[1][2..4], System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(100, p.Pair.Answers.Count + p.Pair.Wrongs.Count);
            Assert.All(p.Pair.Answers, a => Assert.True(Number(a) > year));
            Assert.All(p.Pair.Wrongs, w => Assert.True(Number(w) <= year));
        });

        static int Number(int id) => int.Parse(Gpt2.TokenText(id), System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void The_subject_of_agreement_is_a_span()
    {
        Assert.All(PromptGenerator.Make("agreement", Gpt2, 100).Prompts, p =>
        {
            int at = Assert.Single(p.Pair.Spans["subject"]);
            Assert.Equal(" " + p.Subject, Gpt2.TokenText(p.Pair.Clean[at]));
            Assert.Equal([at], Enumerable.Range(0, p.Pair.Clean.Count).Where(i => p.Pair.Clean[i] != p.Pair.Corrupted[i]));
        });
    }

    [Theory]
    [InlineData("ioi", "at least 4 names that are one token of this tokenizer, found 2 of 40; missing: ' Mary', ' John'")]
    [InlineData("greater-than", "found 0 of 100; missing: 00, 01, 02, 03, 04, ...")]
    [InlineData("docstring", "at least 14 words that are one token")]
    [InlineData("agreement", "at least 6 forms of nouns that are one token")]
    [InlineData("riddles", "expected one of induction, ioi, greater-than, docstring, agreement")]
    public void What_a_tokenizer_lacks_is_named(string kind, string words)
    {
        TextTokenizer small = TokenizerLoader.TryLoad(Fixtures.Require("stories260K"))!;
        Assert.Contains(
            words, Assert.Throws<InvalidInputException>(() => PromptGenerator.Make(kind, small, 3)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_pairs_than_there_are_is_refused_with_the_count() => Assert.Contains(
        "made before",
        Assert.Throws<InvalidInputException>(() => PromptGenerator.Make("agreement", Gpt2, 20_000)).Message, StringComparison.Ordinal);
}

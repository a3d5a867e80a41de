using CsCheck;
using Interp.Hooks;

namespace Interp.Runtime.Tests.Model;

/// <summary>
/// Interventions in generation fire at each step on the positions that they name, whether keys and values are kept or the
/// whole text is run again.
/// </summary>
public sealed class GenerationInterventionTests
{
    private const int Prompt = 5, New = 6;

    // Keeping keys and values gives the bits of running everything again, so the tokens are equal, not only similar.
    [Fact]
    public void With_and_without_the_cache_the_tokens_are_the_same() =>
        Gen.Select(RandomModel.Configs.Where(c => c.Causal), Gen.Int[0, 1000], Gen.Int[0, Prompt + New - 2]).Sample(
            (config, seed, position) =>
            {
                TransformerModel model = RandomModel.Create(config, seed);
                var batch = new TokenBatch([RandomModel.Tokens(Prompt, seed), RandomModel.Tokens(2, seed + 1)]);
                Intervention[] interventions =
                [
                    Ablate.Zero(Hook.Z(0), Scope.At(position).OnHeads(1).InSequences(0)),
                    new Steer(Hook.ResidPost(1), new TensorValue([config.DModel], Direction(config.DModel, seed)), 4, Scope.At(position).InSequences(0)),
                    new KnockOut(layer: 1, destinations: IndexSet.All, sources: 0, heads: 2),
                    Ablate.Zero(Hook.ResidPre(1), Scope.At(-1)),
                ];
                Assert.Equal(Tokens(true), Tokens(false));

                IEnumerable<string> Tokens(bool useCache) => model.Generate(batch, new GenerateOptions
                {
                    MaxNewTokens = New,
                    UseCache = useCache,
                    Interventions = interventions,
                    Temperature = 1,
                    Seed = seed,
                }).Select(s => string.Join(' ', s));
            },
            iter: 40);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Each_step_generates_what_a_run_of_the_text_so_far_predicts_under_the_same_interventions(bool useCache)
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(), 3);
        int[] prompt = RandomModel.Tokens(Prompt, 3);
        Intervention[] interventions =
        [
            Ablate.Zero(Hook.ResidPost(0), Scope.At(Prompt + 2)),
            Ablate.Zero(Hook.ResidMid(1), Scope.Everything),
        ];
        IReadOnlyList<int> found = model.Generate(
            new TokenBatch([prompt]), new GenerateOptions { MaxNewTokens = New, UseCache = useCache, Interventions = interventions })[0];
        Assert.NotEqual(model.Generate(new TokenBatch([prompt]), new GenerateOptions { MaxNewTokens = New })[0], found);
        for (int length = Prompt; length < Prompt + New; length++)
        {
            // The first names a position that shorter texts do not have yet.
            RunResult run = model.Run(
                found.Take(length).ToArray(), new RunOptions { Interventions = length > Prompt + 2 ? interventions : interventions[1..] });
            float[] logits = run.LogitsAt(0, -1).ToArray();
            Assert.Equal(found[length], Array.IndexOf(logits, logits.Max()));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Code_is_called_at_each_step_with_the_positions_that_are_computed(bool useCache)
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(), 3);
        List<(int First, int Count)> steps = [];
        model.Generate(TokenBatch.Of(RandomModel.Tokens(Prompt, 3)), new GenerateOptions
        {
            MaxNewTokens = 3,
            UseCache = useCache,
            Interventions = [new Custom(Hook.Z(1), "watch", (in Activation a) => steps.Add((a.FirstPosition, a.Positions)), Scope.Everything)],
        });
        Assert.Equal(useCache ? [(0, Prompt), (Prompt, 1), (Prompt + 1, 1)] : [(0, Prompt), (0, Prompt + 1), (0, Prompt + 2)], steps);
    }

    [Fact]
    public void A_negative_position_counts_from_the_end_of_the_prompt()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(), 3);
        int[] prompt = RandomModel.Tokens(Prompt, 3);
        Assert.Equal(Generate(Prompt - 1), Generate(-1));
        Assert.NotEqual(Generate(Prompt - 2), Generate(-1));

        IReadOnlyList<int> Generate(int position) => model.Generate(TokenBatch.Of(prompt), new GenerateOptions
        {
            MaxNewTokens = New,
            Interventions = [Ablate.Zero(Hook.ResidPost(1), Scope.At(position))],
        })[0];
    }

    [Fact]
    public void A_position_that_generation_never_reaches_is_an_error() => Assert.Contains(
        "position 11",
        Assert.Throws<InvalidInputException>(() => RandomModel.Create(RandomModel.Config()).Generate(
            TokenBatch.Of(RandomModel.Tokens(Prompt, 3)),
            new GenerateOptions { MaxNewTokens = New, Interventions = [Ablate.Zero(Hook.Z(0), Scope.At(Prompt + New))] })).Message,
        StringComparison.Ordinal);

    private static float[] Direction(int width, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, width).Select(_ => (float)random.NextDouble() - 0.5f)];
    }
}

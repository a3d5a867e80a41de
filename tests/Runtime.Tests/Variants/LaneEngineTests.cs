using CsCheck;
using Interp.Hooks;
using Interp.Runtime.Lanes;

namespace Interp.Runtime.Tests.Variants;

/// <summary>P4: a shortcut is exact. Tolerance 0: the lanes must have the bytes of one full forward pass per variant.</summary>
public sealed class LaneEngineTests
{
    private static readonly int[][] Clean = [RandomModel.Tokens(7, 1), RandomModel.Tokens(4, 2), RandomModel.Tokens(9, 3)];

    // More in a long run: INTERP_LANE_CASES=5000.
    private static readonly int Iterations =
        int.TryParse(Environment.GetEnvironmentVariable("INTERP_LANE_CASES"), out int cases) ? cases : 150;

    // The first tokens are those of the clean prompts, so that some patches change nothing.
    private static readonly int[][] Source =
        [[.. Clean[0][..3], 5, 6, 7, 8], RandomModel.Tokens(4, 5), [.. Clean[2][..7], .. RandomModel.Tokens(2, 6)]];

    [Fact]
    public void Random_variants_of_random_models_have_the_bytes_of_full_runs() => Property(observe: false, withBase: false);

    [Fact]
    public void What_variants_record_has_the_bytes_of_full_runs() => Property(observe: true, withBase: false);

    [Fact]
    public void Variants_of_runs_with_interventions_of_their_own_have_the_bytes_of_full_runs() => Property(observe: true, withBase: true);

    [Fact]
    public void A_sweep_over_every_point_and_position_has_the_bytes_of_full_runs()
    {
        foreach (ModelConfig config in Styles())
        {
            TransformerModel model = RandomModel.Create(config, 4);
            RunResult source = model.Run(new TokenBatch(Source), new RunOptions { Observe = ["*"] });
            List<Variant> variants = [];
            for (int s = 0; s < Clean.Length; s++)
            {
                foreach (HookPoint point in model.Hooks.Points.Where(p => p.Kind != HookKind.ExpertIndices))
                {
                    for (int position = 0; position < Clean[s].Length; position++)
                    {
                        variants.Add(new Variant(s, [new Patch(point, source.Cache(s).Value(point), Scope.At(position))]));
                    }
                }
            }

            Engines.Same(model, Clean, variants, new VariantOptions());
        }
    }

    [Fact]
    public void Variants_that_change_nothing_that_is_read_have_the_logits_of_the_base_run()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(), 1);
        RunResult own = model.Run(new TokenBatch(Clean), new RunOptions { Observe = ["*"] });
        Variant[] variants =
        [
            new(0, []),
            new(0, [new Patch(Hook.ResidPre(1), own.Cache(0).Value(Hook.ResidPre(1)), Scope.Everything)]),
            new(0, [Ablate.Zero(Hook.Z(2), Scope.At(3))]),
        ];
        float[] expected = own.LogitsAt(0, -1).ToArray();
        new LaneEngine().Run(
            model, new TokenBatch(Clean), variants, new VariantOptions(),
            (in VariantResult result) => Assert.Equal(expected, result.Logits.ToArray()));
        Engines.Same(model, Clean, variants, new VariantOptions());
    }

    [Fact]
    public void A_variant_whose_values_are_not_finite_is_named_as_the_naive_engine_names_it()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(), 1);
        TensorValue huge = new([24], [.. Enumerable.Repeat(1e30f, 24)]);
        Variant[] variants =
        [
            new(1, [Ablate.Zero(Hook.Z(1), Scope.At(2))]),
            new(2, [new Steer(Hook.ResidMid(1), huge, 1, Scope.At(5))]),
        ];
        string Message(IVariantEngine engine) => Assert.Throws<InvalidInputException>(
            () => engine.Run(model, new TokenBatch(Clean), variants, new VariantOptions(), (in VariantResult _) => { })).Message;
        Assert.Equal(Message(new NaiveEngine()), Message(new LaneEngine()));
        Engines.Same(model, Clean, variants, new VariantOptions { AllowNonFinite = true });
    }

    [Fact]
    public void The_multiply_adds_of_the_plan_are_those_that_the_run_counts()
    {
        foreach (ModelConfig config in Styles())
        {
            TransformerModel model = RandomModel.Create(config, 4);
            RunResult source = model.Run(new TokenBatch(Source), new RunOptions { Observe = [.. model.Hooks.AllPoints.Select(p => (HookQuery)p)] });
            var batch = new TokenBatch(Clean);
            foreach ((LogitRows rows, bool sources) in new[]
                     {
                         (LogitRows.Last, true), (LogitRows.At(new[] { 1, -1 }), true), (LogitRows.All, true), (LogitRows.Last, false),
                     })
            {
                var options = new VariantOptions
                {
                    Logits = rows,
                    Tokens = LogitTokens.Of([[3, 1], [2], [9, 8, 30]]),
                    Sources = sources ? [.. Enumerable.Range(0, 3).Select(source.Cache)] : [],
                };
                HookPoint[] points = [.. model.Hooks.AllPoints.Where(p => p.Kind is not (HookKind.ExpertIndices or HookKind.UnembedOut))];
                foreach (HookPoint point in points)
                {
                    // Beside variants of one point one of another, since lanes of a walk share what they listen to.
                    HookPoint beside = points[(Array.IndexOf(points, point) * 7) % points.Length];
                    Variant[] variants = [new(0, [Patch(beside, 0, 3)]), .. Enumerable.Range(0, 3).SelectMany(
                        s => Enumerable.Range(0, Clean[s].Length).Select(p => new Variant(s, [Patch(point, s, p)])))];
                    VariantPlan plan = new LaneEngine().Explain(model, batch, variants, options);
                    var run = new LaneRun(model, batch, new CheckedVariants(model, batch, variants, options), options, (in VariantResult _) => { }, 1 << 30);
                    run.Run();

                    // Full passes (positions that every layer reads) are not counted.
                    Assert.True(
                        plan.Whole > 0 || plan.MultiplyAdds == run.CountedMultiplyAdds,
                        $"{config.Block} {config.Positions} causal {config.Causal}, {point}, logits {rows}: planned {plan.MultiplyAdds}, "
                        + $"counted {run.CountedMultiplyAdds}");
                    Assert.Equal(variants.Length, plan.Variants);
                    Assert.Equal(variants.Length, plan.Unchanged + plan.Lanes + plan.Whole);
                    Assert.True(plan.MultiplyAdds <= plan.NaiveMultiplyAdds + (Clean.Length * plan.NaiveMultiplyAdds / variants.Length));
                }
            }

            Patch Patch(HookPoint point, int s, int position) => new(point, source.Cache(s).Value(point), Scope.At(position));
        }
    }

    private static void Property(bool observe, bool withBase)
    {
        Gen<(ModelConfig Config, int Seed)> cases = Gen.Select(RandomModel.Configs, Gen.Int[0, 100000]);
        cases.Sample(
            (config, seed) =>
            {
                TransformerModel model = RandomModel.Create(config, seed);
                var random = new Random(seed);
                (int[][] clean, int[][] other) = Prompts(random);
                RunResult source = model.Run(
                    new TokenBatch(other),
                    new RunOptions
                    {
                        Observe = [.. model.Hooks.AllPoints.Select(p => (HookQuery)p)],
                        Interventions = random.Next(3) == 0 ? [Ablate.Zero(Point(model, random), Scope.Everything)] : [],
                        AllowNonFinite = true,
                    });
                List<Variant> variants = [];
                for (int tries = 0; tries < 40 && variants.Count < 14; tries++)
                {
                    int s = random.Next(clean.Length);
                    HookPoint[] observed = observe
                        ? [.. Enumerable.Range(0, 3).Select(_ => Point(model, random)).Distinct()]
                        : [];
                    var variant = new Variant(
                        s, [.. Enumerable.Range(0, 1 + random.Next(3)).Select(_ => Intervention(model, random, source, s, clean[s].Length))])
                    {
                        Observe = observed,
                    };
                    if (Fits(model, variant, clean))
                    {
                        variants.Add(variant);
                    }
                }

                var options = new VariantOptions
                {
                    Logits = random.Next(3) switch { 0 => LogitRows.All, 1 => LogitRows.Last, _ => LogitRows.At(new[] { 0, -1 }) },
                    Tokens = random.Next(2) == 0
                        ? LogitTokens.All
                        : LogitTokens.Of([.. clean.Select(_ => (int[])[.. Enumerable.Range(0, 1 + random.Next(3)).Select(_ => random.Next(37))])]),
                    MemoryBudget = random.Next(3) switch { 0 => null, 1 => 1, _ => 200_000 },
                    AllowNonFinite = true,
                    Sources = random.Next(3) > 0 ? [.. Enumerable.Range(0, clean.Length).Select(source.Cache)] : [],
                    Base = withBase ? [.. clean.Select((_, s) => Base(model, random, source, s, clean))] : [],
                };
                Engines.Same(model, clean, variants, options);
            },
            iter: Iterations);
    }

    /// <summary>
    /// One to four prompts of one to ten tokens, and others of the same lengths that begin with the same tokens, so that some patches
    /// change nothing.
    /// </summary>
    private static (int[][] Clean, int[][] Source) Prompts(Random random)
    {
        int[][] clean =
            [.. Enumerable.Range(0, 1 + random.Next(4)).Select(_ => RandomModel.Tokens(1 + random.Next(10), random.Next(1000)))];
        return (clean, [.. clean.Select(prompt =>
        {
            int shared = random.Next(prompt.Length);
            return (int[])[.. prompt[..shared], .. RandomModel.Tokens(prompt.Length - shared, random.Next(1000))];
        })]);
    }

    private static Intervention[] Base(TransformerModel model, Random random, RunResult source, int s, int[][] clean)
    {
        Intervention[] list = [.. Enumerable.Range(0, random.Next(3)).Select(_ => Intervention(model, random, source, s, clean[s].Length))];
        return Fits(model, new Variant(s, list), clean) ? list : [];
    }

    private static bool Fits(TransformerModel model, Variant variant, int[][] clean)
    {
        try
        {
            InterventionPlan.Create(model.Hooks, [clean[variant.Sequence].Length], variant.Interventions);
            return true;
        }
        catch (InvalidInputException)
        {
            return false;
        }
    }

    private static HookPoint Point(TransformerModel model, Random random)
    {
        HookPoint[] points = [.. model.Hooks.AllPoints.Where(p => p.Kind is not (HookKind.ExpertIndices or HookKind.ExpertWeights))];
        return points[random.Next(points.Length)];
    }

    private static Intervention Intervention(TransformerModel model, Random random, RunResult source, int s, int length)
    {
        HookPoint point = Point(model, random);
        int heads = model.Hooks.Heads(point);
        Scope scope = Scope.Everything;
        if (random.Next(3) > 0)
        {
            scope = Scope.At(random.Next(2) == 0 ? random.Next(length) : new[] { random.Next(length), length - 1 }.Distinct().ToArray());
        }

        if (heads > 0 && random.Next(2) == 0)
        {
            scope = scope.OnHeads(random.Next(heads));
        }

        bool scale = point.Site.Contains("scale", StringComparison.Ordinal);
        return random.Next(6) switch
        {
            0 when !scale => Ablate.Zero(point, scope),
            1 when !scale && heads == 0 && point.Kind is not (HookKind.Pattern or HookKind.AttnScores) => new Steer(
                point, new TensorValue([model.Hooks.Shape(point, 1, 1)[^1]], [.. Enumerable.Repeat(0.3f, model.Hooks.Shape(point, 1, 1)[^1])]),
                1, scope),
            2 => new KnockOut(random.Next(3), random.Next(length), random.Next(length), renormalize: random.Next(2) == 0),
            3 when random.Next(3) == 0 => new Custom(
                point, "halved", (in Activation a) =>
                {
                    for (int i = 0; i < a.Data.Length; i++)
                    {
                        a.Data[i] *= 0.5f;
                    }
                },
                Scope.Everything),
            _ => new Patch(point, source.Cache(s).Value(point), scope),
        };
    }

    private static IEnumerable<ModelConfig> Styles() =>
    [
        .. Enum.GetValues<BlockStyle>().Select(b => RandomModel.Config(b)),
        RandomModel.Config(norm: NormKind.Rms, positions: PositionKind.Rotary, keyHeads: 2, gated: true, window: 3),
        RandomModel.Config(positions: PositionKind.Alibi, keyHeads: 1),
        RandomModel.Config(causal: false),
        RandomModel.Config(positions: PositionKind.Shortformer, attnOnly: true),
    ];
}

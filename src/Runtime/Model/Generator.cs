using Interp.Hooks;
using Interp.Runtime.Forward;
using Interp.Runtime.Machine;

namespace Interp.Runtime;

/// <summary>How a continuation is chosen.</summary>
public sealed record GenerateOptions
{
    /// <summary>Most tokens to add to each prompt.</summary>
    public int MaxNewTokens { get; init; } = 50;

    /// <summary>0 = greedy; otherwise logits are divided by it before sampling.</summary>
    public float Temperature { get; init; }

    /// <summary>Sample among this many most likely tokens only; 0 = all.</summary>
    public int TopK { get; init; }

    /// <summary>Sample among the most likely tokens that together reach this probability (Holtzman et al. 2020).</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Seed of the sampling.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// Keep keys and values, computing new positions only. Off = run everything again for each token. Both give the same
    /// bits, except where <see cref="RotaryConfig.DependsOnLength"/>: kept keys were rotated for the length they were computed
    /// at, as the reference implementation keeps them, so that only Off is what a run of the whole text computes.
    /// </summary>
    public bool UseCache { get; init; } = true;

    /// <summary>Tokens that end a sequence.</summary>
    public IReadOnlyList<int> StopTokens { get; init; } = [];

    /// <summary>Fire at each step, on the positions that they name. Negative positions count from the prompt's end.</summary>
    public IReadOnlyList<Intervention> Interventions { get; init; } = [];

    /// <summary>Which tokens may be chosen; null = what the model's checkpoint says (<see cref="TransformerModel.Generation"/>).</summary>
    public GenerationRules? Rules { get; init; }

    /// <summary>Threads; 0 = one per core.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// Most bytes that generation may take beside the weights; null = no limit. What is planned to take more is refused before anything
    /// is computed.
    /// </summary>
    public long? MemoryBudget { get; init; }

    /// <summary>Called with the sequence and the token whenever one is added.</summary>
    public Action<int, int>? OnToken { get; init; }
}

/// <summary>Continues prompts token by token.</summary>
public static class Generator
{
    /// <summary>What generation needs at its height, keys and values of the longest continuation included.</summary>
    /// <param name="model">The model.</param>
    /// <param name="lengths">Tokens of each prompt.</param>
    /// <param name="options">How many tokens are added, and what is replaced on the way.</param>
    /// <exception cref="InvalidInputException">An intervention does not fit the model.</exception>
    public static MemoryPlan PlanGeneration(
        this TransformerModel model, IReadOnlyList<int> lengths, GenerateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(lengths);
        options ??= new GenerateOptions();
        int[] longest = [.. lengths.Select(n => n + options.MaxNewTokens)];
        var hooks = new PlanHooks(InterventionPlan.Create(model.Hooks, lengths, options.Interventions, options.MaxNewTokens));
        int threads = TransformerModel.ThreadCount(options.Threads);
        long pass = options.UseCache
            ? BatchRun.Bytes(model.Config, lengths, LogitRows.Last, hooks, threads, longest.Max())
                + KeyValueCache.Bytes(model.Config, longest)
            : BatchRun.Bytes(model.Config, longest, LogitRows.Last, hooks, threads);
        return new MemoryPlan(model.Weights.Bytes, pass, 0, (long)sizeof(float) * lengths.Count * model.Config.DVocabOut);
    }

    /// <summary>Continues each prompt of a batch.</summary>
    /// <param name="model">The model; causal.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="options">How tokens are chosen.</param>
    /// <returns>Each prompt with its continuation.</returns>
    /// <exception cref="InvalidInputException">
    /// Options, prompts or interventions do not fit the model, or its logits are not finite.
    /// </exception>
    public static IReadOnlyList<IReadOnlyList<int>> Generate(
        this TransformerModel model, TokenBatch prompts, GenerateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(prompts);
        options ??= new GenerateOptions();
        GenerationRules rules = options.Rules ?? model.Generation;
        Check(model, prompts, options, rules);
        InterventionPlan plan = InterventionPlan.Create(
            model.Hooks, prompts.Lengths, options.Interventions, options.MaxNewTokens);
        List<int>[] sequences = [.. Enumerable.Range(0, prompts.Count).Select(s => prompts.Tokens(s).ToArray().ToList())];
        Random[] random = [.. sequences.Select((_, s) => new Random(unchecked(options.Seed + (s * 7919))))];
        var finished = new bool[sequences.Length];
        KeyValueCache? cache = options.UseCache ? new KeyValueCache(model.Config, sequences.Length) : null;
        cache?.Expect([.. prompts.Lengths.Select(n => n + options.MaxNewTokens)]);
        TokenBatch batch = prompts;
        var logits = new float[(long)sequences.Length * model.Config.DVocabOut];
        for (int step = 0; step < options.MaxNewTokens && finished.Contains(false); step++)
        {
            model.Forward(batch, new PlanHooks(plan), logits, cache, LogitRows.Last, options.Threads);
            var next = new int[sequences.Length][];
            for (int s = 0; s < sequences.Length; s++)
            {
                Span<float> own = logits.AsSpan(s * model.Config.DVocabOut, model.Config.DVocabOut);
                if (!finished[s])
                {
                    rules.Apply(own, sequences[s], step, options.StopTokens);
                }

                int token = Choose(own, options, random[s]);
                next[s] = [token];
                if (finished[s])
                {
                    continue;
                }

                finished[s] = options.StopTokens.Contains(token);
                if (!finished[s])
                {
                    sequences[s].Add(token);
                    options.OnToken?.Invoke(s, token);
                }
            }

            // A finished sequence keeps its place in the cache; what it computes from here on is not used.
            batch = new TokenBatch(cache is null ? sequences : next);
        }

        return sequences;
    }

    private static void Check(TransformerModel model, TokenBatch prompts, GenerateOptions options, GenerationRules rules)
    {
        if (rules.Problem is { } problem)
        {
            throw new InvalidInputException(problem);
        }

        if (model.Config.DVocabOut != model.Config.DVocab)
        {
            throw new InvalidInputException($"{model.Name}: expected a model whose outputs are its vocabulary of {model.Config.DVocab} tokens, "
                + $"found {model.Config.DVocabOut} outputs (d_vocab_out): it cannot continue a text");
        }

        if (!model.Config.Causal)
        {
            throw new InvalidInputException($"{model.Name}: the model is bidirectional, it cannot continue a text");
        }

        (string Name, bool Ok, string Expected, object Found)[] ranges =
        [
            ("max-new-tokens", options.MaxNewTokens >= 0, "at least 0", options.MaxNewTokens),
            ("temperature", options.Temperature >= 0 && float.IsFinite(options.Temperature), "at least 0", options.Temperature),
            ("top-k", options.TopK >= 0, "at least 0", options.TopK),
            ("top-p", options.TopP is > 0 and <= 1, "above 0 and at most 1", options.TopP),
        ];
        foreach ((string name, bool ok, string expected, object found) in ranges)
        {
            if (!ok)
            {
                throw new InvalidInputException($"{name}: expected {expected}, found {found}");
            }
        }

        prompts.Validate(model.Config);
        if (options.MemoryBudget is { } budget)
        {
            BatchLimit.RequireMemory(prompts.Lengths, model.PlanGeneration(prompts.Lengths, options), budget);
        }

        for (int s = 0; s < prompts.Count; s++)
        {
            int room = model.Config.NCtx - prompts.Lengths[s];
            if (options.MaxNewTokens > room)
            {
                throw new InvalidInputException(
                    $"prompt {s}: {prompts.Lengths[s]} tokens and {options.MaxNewTokens} new ones are longer than the model's "
                    + $"context of {model.Config.NCtx}; ask for at most {room}");
            }
        }
    }

    private static int Choose(ReadOnlySpan<float> logits, GenerateOptions options, Random random)
    {
        if (options.Temperature == 0)
        {
            return TokenDistribution.MostLikely(logits);
        }

        double[] probabilities = TokenDistribution.Probabilities(logits, options.Temperature);
        int[] order = [.. Enumerable.Range(0, probabilities.Length).OrderByDescending(i => probabilities[i]).ThenBy(i => i)];
        int count = options.TopK == 0 ? order.Length : Math.Min(options.TopK, order.Length);
        double total = order.Take(count).Sum(i => probabilities[i]);
        double kept = 0;
        int nucleus = 0;
        while (nucleus < count && kept < options.TopP * total)
        {
            kept += probabilities[order[nucleus++]];
        }

        double draw = random.NextDouble() * kept;
        for (int i = 0; i < nucleus; i++)
        {
            draw -= probabilities[order[i]];
            if (draw < 0)
            {
                return order[i];
            }
        }

        return order[nucleus - 1];
    }
}

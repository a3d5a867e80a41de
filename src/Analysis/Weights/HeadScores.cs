using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>What attention pattern a head is scored for.</summary>
public enum HeadPattern
{
    /// <summary>From each position to the one before it.</summary>
    PreviousToken,

    /// <summary>From each position to earlier ones with the same token.</summary>
    DuplicateToken,

    /// <summary>From each position to those right after earlier ones with the same token (Olsson et al. 2022).</summary>
    Induction,
}

/// <summary>
/// Scores of heads by what they attend to: the share of all attention weight of a prompt that lies on the pattern's entries
/// (TransformerLens' detect_head with the measure mul). Averages over prompts have bootstrap intervals.
/// </summary>
public static class HeadScores
{
    private static readonly string[] Names = ["previous_token", "duplicate_token", "induction"];

    /// <summary>Name of a pattern, as the column <c>score_name</c> has it.</summary>
    /// <param name="pattern">The pattern.</param>
    public static string NameOf(HeadPattern pattern) => Names[(int)pattern];

    /// <summary>Whether a destination's weight on a source counts for a pattern.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="tokens">The prompt.</param>
    /// <param name="destination">Position that attends.</param>
    /// <param name="source">Position that is attended to.</param>
    public static bool Counts(HeadPattern pattern, IReadOnlyList<int> tokens, int destination, int source)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        return pattern switch
        {
            HeadPattern.PreviousToken => source == destination - 1,
            HeadPattern.DuplicateToken => source < destination && tokens[source] == tokens[destination],
            _ => source > 0 && source <= destination && tokens[source - 1] == tokens[destination],
        };
    }

    /// <summary>
    /// The score of every head on one prompt, [layer x heads + head]. By which prompt's repetitions entries count, and which
    /// prompt was run, may differ: that is what a control is.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="cache">The run, with its patterns.</param>
    /// <param name="tokens">The prompt by which entries count, of the length of the run.</param>
    /// <param name="pattern">The pattern.</param>
    /// <param name="excludeFirst">Whether weight on position 0 is left out, of numerator and denominator.</param>
    /// <param name="excludeCurrent">Whether weight on the own position is left out.</param>
    public static double[] Of(
        TransformerModel model, ActivationCache cache, IReadOnlyList<int> tokens, HeadPattern pattern,
        bool excludeFirst = false, bool excludeCurrent = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(cache);
        cache.RequireModel(model);
        int heads = model.Config.NHeads, n = cache.Positions;
        var scores = new double[model.Config.NLayers * heads];
        for (int i = 0; i < scores.Length; i++)
        {
            double hit = 0, all = 0;
            for (int p = 0; p < n; p++)
            {
                ReadOnlySpan<float> row = cache.Row(Hook.Pattern(i / heads), p, i % heads);
                for (int source = 0; source < n; source++)
                {
                    double weight = (excludeFirst && source == 0) || (excludeCurrent && source == p) ? 0 : row[source];
                    all += weight;
                    hit += Counts(pattern, tokens, p, source) ? weight : 0;
                }
            }

            scores[i] = all == 0 ? 0 : hit / all;
        }

        return scores;
    }

    /// <summary>
    /// How near every head's pattern is to the one that a detector looks for, 1 - sum |pattern - wanted| / length, [layer x heads + head]
    /// (TransformerLens' detect_head with the measure abs, which rounds it to three digits): 1 for the wanted pattern itself, and below 0
    /// for one that is as far away as it can be. Positions where nothing is wanted count against a head, since its weights sum to 1.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="cache">The run, with its patterns.</param>
    /// <param name="tokens">The prompt by which entries count, of the length of the run.</param>
    /// <param name="pattern">The pattern.</param>
    public static double[] Distances(TransformerModel model, ActivationCache cache, IReadOnlyList<int> tokens, HeadPattern pattern)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(cache);
        cache.RequireModel(model);
        int heads = model.Config.NHeads, n = cache.Positions;
        var scores = new double[model.Config.NLayers * heads];
        for (int i = 0; i < scores.Length; i++)
        {
            double distance = 0;
            for (int p = 0; p < n; p++)
            {
                ReadOnlySpan<float> row = cache.Row(Hook.Pattern(i / heads), p, i % heads);
                for (int source = 0; source < n; source++)
                {
                    distance += Math.Abs(row[source] - (Counts(pattern, tokens, p, source) ? 1.0 : 0));
                }
            }

            scores[i] = 1 - (distance / n);
        }

        return scores;
    }

    /// <summary>
    /// Random prompts whose second half repeats the first, with controls whose second half is drawn anew: scores that hold
    /// on the repetition and vanish on the control are of what the tokens are, not of where they stand.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="count">Number of pairs.</param>
    /// <param name="half">Length of a half.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <exception cref="InvalidInputException">Two halves do not fit the model's context.</exception>
    public static IReadOnlyList<PromptPair> Repetitions(TransformerModel model, int count, int half, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(model);
        int first = model.Config.BosId is null ? 0 : 1;
        if (half < 2 || (2 * half) + first > model.Config.NCtx)
        {
            throw new InvalidInputException(
                $"repeated prompts: expected halves of 2 to {(model.Config.NCtx - first) / 2} tokens, found {half}");
        }

        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            int[] one = Draw(), two = Draw(), start = model.Config.BosId is { } bos ? [bos] : [];
            return new PromptPair { Clean = [.. start, .. one, .. one], Corrupted = [.. start, .. one, .. two] };
        })];

        int[] Draw() => [.. Enumerable.Range(0, half).Select(_ =>
        {
            int id = random.Next(model.Config.DVocab);
            return id == model.Config.PaddingId ? (id + 1) % model.Config.DVocab : id;
        })];
    }

    /// <summary>
    /// The <c>heads</c> table: mean score of each head over prompts with a 95 % bootstrap interval (null for one prompt). Where a
    /// pair has a control (its corrupted prompt), <c>duplicate_token_control</c> and <c>induction_control</c> are the weights that
    /// the head puts, on the control, to the same places.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="pairs">The prompts.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <param name="threads">Threads; 0 = one per core.</param>
    /// <param name="distance">Whether scores are <see cref="Distances"/>, under names with <c>_abs</c>.</param>
    /// <param name="memory">Most bytes of a run beside the weights; null = no limit.</param>
    /// <param name="cancellation">Stops between prompts.</param>
    public static ResultTable<HeadRow> Table(
        TransformerModel model, IReadOnlyList<PromptPair> pairs, int seed = 0, int threads = 0, bool distance = false,
        long? memory = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pairs);
        var scores = new Dictionary<string, List<double[]>>();
        var options = new RunOptions
        {
            Observe = ["blocks.*.attn.hook_pattern"],
            Logits = LogitRows.Last,
            MemoryBudget = memory,
            Threads = threads,
        };
        foreach (PromptPair pair in pairs)
        {
            cancellation.ThrowIfCancellationRequested();
            ActivationCache cache = model.Run(PromptPair.Batch([pair]), options).Cache();
            ActivationCache? control = pair.Corrupted.Count == pair.Clean.Count ? model.Run(PromptPair.Batch([pair], corrupted: true), options).Cache() : null;
            foreach (HeadPattern pattern in Enum.GetValues<HeadPattern>())
            {
                string name = NameOf(pattern) + (distance ? "_abs" : "");
                Add(name, Score(cache, pair, pattern));
                if (control is not null && pattern != HeadPattern.PreviousToken)
                {
                    Add(name + "_control", Score(control, pair, pattern));
                }
            }
        }

        ResultTable<HeadRow> table = TableSchemas.Heads.Create().From(model, pairs, seed);
        for (int i = 0; i < model.Config.NLayers * model.Config.NHeads; i++)
        {
            foreach ((string name, List<double[]> values) in scores)
            {
                double[] own = [.. values.Select(v => v[i])];
                (double Low, double High)? interval = SampleStatistics.Bootstrap(own, seed: seed);
                table.Add(
                    i / model.Config.NHeads, i % model.Config.NHeads, name, SampleStatistics.Mean(own), interval?.Low,
                    interval?.High, own.Length);
            }
        }

        return table;

        double[] Score(ActivationCache run, PromptPair pair, HeadPattern pattern) =>
            distance ? Distances(model, run, pair.Clean, pattern) : Of(model, run, pair.Clean, pattern);

        void Add(string name, double[] values)
        {
            scores.TryAdd(name, []);
            scores[name].Add(values);
        }
    }
}

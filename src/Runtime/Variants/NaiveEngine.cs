using Interp.Hooks;
using Interp.Runtime.Forward;

namespace Interp.Runtime;

/// <summary>
/// The reference engine: one full forward pass per variant, in ragged batches of bounded size, which changes no bit. Slow and
/// plainly correct; faster engines have to give its bits.
/// </summary>
public sealed class NaiveEngine : IVariantEngine
{
    // Tokens in one batch: enough for the products to be large, few enough for memory to stay bounded.
    private const int MostRows = 2048;

    /// <inheritdoc/>
    public string Name => "naive";

    /// <inheritdoc/>
    public long DefaultMemory => 1L << 30;

    /// <inheritdoc/>
    public void Run(
        TransformerModel model, TokenBatch batch, IReadOnlyList<Variant> variants, VariantOptions options, VariantHandler handle)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(variants);
        ArgumentNullException.ThrowIfNull(handle);
        _ = new CheckedVariants(model, batch, variants, options);
        int mostRows = MostRowsOf(model.Config, options);
        int done = 0;
        while (done < variants.Count)
        {
            options.Cancellation.ThrowIfCancellationRequested();
            List<Variant> chunk = Chunk(batch, variants, done, mostRows);
            RunResult run = Forward(model, batch, chunk, options);
            for (int i = 0; i < chunk.Count; i++)
            {
                options.Cancellation.ThrowIfCancellationRequested();
                if (run.NonFinite is null)
                {
                    HandOver(model, run, i, chunk[i], done + i, options, handle);
                }
                else
                {
                    // A pass tells only where it first met such values; alone, each variant tells of itself.
                    HandOver(model, Forward(model, batch, [chunk[i]], options), 0, chunk[i], done + i, options, handle);
                }
            }

            done += chunk.Count;
            options.Progress?.Report(new VariantProgress(done, variants.Count));
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<HookPoint> SourcePoints(TransformerModel model, IEnumerable<HookPoint> changed) => [];

    /// <inheritdoc/>
    public VariantPlan Explain(TransformerModel model, TokenBatch batch, IReadOnlyList<Variant> variants, VariantOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(variants);
        _ = new CheckedVariants(model, batch, variants, options);
        int mostRows = MostRowsOf(model.Config, options), passes = 0;
        long work = 0, bytes = 0;
        for (int done = 0; done < variants.Count; passes++)
        {
            List<Variant> chunk = Chunk(batch, variants, done, mostRows);
            work += chunk.Sum(v => PassWork.Whole(
                model.Config, batch.Tokens(v.Sequence).Length, options.Logits.Resolve(batch.Tokens(v.Sequence).Length, v.Sequence).Length));
            bytes = Math.Max(bytes, model.Plan([.. chunk.Select(v => batch.Tokens(v.Sequence).Length)], new RunOptions
            {
                Observe = [.. chunk.SelectMany(v => v.Observe).Distinct().Select(p => (HookQuery)p)],
                Logits = options.Logits.Part(chunk.Select(v => v.Sequence)),
            }).Run);
            done += chunk.Count;
        }

        return new VariantPlan(variants.Count, 0, 0, variants.Count, passes, 0, work, work, bytes);
    }

    /// <summary>Variants in order, as many as have the bounded number of tokens together; at least one.</summary>
    private static List<Variant> Chunk(TokenBatch batch, IReadOnlyList<Variant> variants, int first, int mostRows)
    {
        List<Variant> chunk = [];
        int rows = 0;
        for (int i = first; i < variants.Count; i++)
        {
            Variant variant = variants[i];
            rows += batch.Tokens(variant.Sequence).Length;
            if (chunk.Count > 0 && rows > mostRows)
            {
                break;
            }

            chunk.Add(variant);
        }

        return chunk;
    }

    private static RunResult Forward(TransformerModel model, TokenBatch batch, List<Variant> chunk, VariantOptions options)
    {
        var sequences = new TokenBatch(
            chunk.Select(v => batch.Tokens(v.Sequence).ToArray()),
            batch.TokenTypes(0).IsEmpty ? null : chunk.Select(v => batch.TokenTypes(v.Sequence).ToArray()));
        HookQuery[] observed = [.. chunk.SelectMany(v => v.Observe).Distinct().Select(p => (HookQuery)p)];
        Intervention[] interventions =
        [
            .. chunk.SelectMany((v, i) => VariantChecks.All(v, options)
                .Select(x => x with { Scope = x.Scope.InSequences(i) })),
        ];
        return model.Run(sequences, new RunOptions
        {
            Observe = observed,
            Interventions = interventions,
            Logits = options.Logits.Part(chunk.Select(v => v.Sequence)),
            AllowNonFinite = true,
            Threads = options.Threads,
        });
    }

    private static void HandOver(
        TransformerModel model, RunResult run, int place, Variant variant, int index, VariantOptions options, VariantHandler handle)
    {
        if (run.NonFinite is { } met && !options.AllowNonFinite)
        {
            throw VariantChecks.NotFinite(model, variant, options, met);
        }

        int length = run.Batch.Tokens(place).Length;
        int[] positions = options.Logits.Resolve(length, variant.Sequence);
        float[] logits = [.. positions.SelectMany(p => Chosen(run.LogitsAt(place, p), variant.Sequence, options.Tokens))];
        NonFinite? nonFinite = run.NonFinite is { } found ? found with { Sequence = variant.Sequence } : null;
        ActivationCache? recorded = variant.Observe.Count > 0
            ? run.Cache(place).Only(variant.Observe, VariantChecks.Changed(model, variant, options))
            : null;
        handle(new VariantResult(index, logits, positions.Length, recorded, nonFinite));
    }

    private static float[] Chosen(ReadOnlySpan<float> logits, int sequence, LogitTokens tokens)
    {
        if (tokens.IsAll)
        {
            return logits.ToArray();
        }

        IReadOnlyList<int> wanted = tokens.Of(sequence);
        var chosen = new float[wanted.Count];
        for (int i = 0; i < chosen.Length; i++)
        {
            chosen[i] = logits[wanted[i]];
        }

        return chosen;
    }

    private static int MostRowsOf(ModelConfig config, VariantOptions options)
    {
        if (options.MemoryBudget is not { } budget)
        {
            return MostRows;
        }

        // What a pass holds of a row at a time: the stream and its copies, q, k, v and z, the neurons twice, logits.
        long floats = (6L * config.DModel) + (4L * config.NHeads * config.DHead) + (2L * config.DMlp) + config.DVocabOut;
        return (int)Math.Clamp(budget / (floats * sizeof(float)), 1, MostRows);
    }
}

using Interp.Hooks;

namespace Interp.Runtime.Forward;

/// <summary>One forward pass over all rows of a ragged batch.</summary>
internal static class BatchRun
{
    /// <summary>Runs the model.</summary>
    /// <typeparam name="THooks">The listener.</typeparam>
    /// <param name="resources">The model.</param>
    /// <param name="batch">The sequences; of those in a cache, their new tokens.</param>
    /// <param name="hooks">The listener.</param>
    /// <param name="cache">Keys and values of earlier positions, to which those of the batch are added; or null.</param>
    /// <param name="logits">For which positions logits are computed.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="into">Receives the logits of these rows, sequence by sequence, [rows, d_vocab].</param>
    /// <returns>Where values were first not finite.</returns>
    public static NonFinite? Run<THooks>(
        ForwardResources resources, TokenBatch batch, THooks hooks, KeyValueCache? cache, LogitRows logits, int threads, Span<float> into)
        where THooks : struct, IForwardHooks
    {
        ModelConfig config = resources.Config;
        int[] starts = cache is null ? new int[batch.Count] : [.. cache.Lengths];
        RowSegment[] segments = Segments(batch, starts);
        PassSize size = Size(config, segments, cache is not null, hooks);
        int[]? read = Read(segments, batch, logits);
        Workspace memory = resources.Memory.Rent(PassBuffers.Floats(config, size));
        try
        {
            var buffers = new PassBuffers(memory, config, size);
            PassKeys keys = Keys(config, segments, cache, buffers, threads);
            var pass = new ForwardPass<THooks>(resources, buffers, keys, threads, hooks);
            pass.SetRows(segments);
            pass.Embed(batch, starts);
            int[]? needed = read is not null && !TopIsListened(config, hooks) ? read : null;
            for (int layer = 0; layer < config.NLayers; layer++)
            {
                pass.RunBlock(layer, needed: layer == config.NLayers - 1 ? needed : null);
            }

            for (int s = 0; s < batch.Count; s++)
            {
                cache?.Advance(s, segments[s].Count);
            }

            pass.Unembed(needed is null ? read : null, into);
            return pass.NonFinite;
        }
        finally
        {
            resources.Memory.Return(memory);
        }
    }

    /// <summary>Bytes of a pass over whole sequences, beside weights, recorded activations and the logits that are returned.</summary>
    /// <param name="config">The model.</param>
    /// <param name="lengths">Tokens of each sequence.</param>
    /// <param name="logits">For which positions logits are computed.</param>
    /// <param name="hooks">The listener.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="cached">Positions that a cache holds in the end, where keys and values go there; 0 without one.</param>
    public static long Bytes<THooks>(
        ModelConfig config, IReadOnlyList<int> lengths, LogitRows logits, THooks hooks, int threads, int cached = 0)
        where THooks : struct, IForwardHooks
    {
        RowSegment[] segments = Segments(lengths, new int[lengths.Count]);
        long rows = 0;
        int keys = cached;
        foreach (int length in lengths)
        {
            rows += length;
            keys = Math.Max(keys, length);
        }

        bool some = ReadRows(lengths, logits) < rows;
        long allLogits = some && hooks.Wants(Hook.UnembedOut) ? rows * config.DVocabOut : 0;
        long scores = threads * ForwardPass<THooks>.ScoreFloats(keys);
        return sizeof(float) * (PassBuffers.Floats(config, Size(config, segments, cached > 0, hooks)) + allLogits + scores);
    }

    /// <summary>Number of rows whose logits are asked for.</summary>
    public static long ReadRows(IReadOnlyList<int> lengths, LogitRows logits)
    {
        long rows = 0;
        for (int s = 0; s < lengths.Count; s++)
        {
            rows += logits.Resolve(lengths[s], s).Length;
        }

        return rows;
    }

    /// <summary>Memory of a pass over these rows.</summary>
    public static PassSize Size<THooks>(ModelConfig config, RowSegment[] segments, bool cached, THooks hooks)
        where THooks : struct, IForwardHooks
    {
        long area = 0;
        foreach (RowSegment segment in PassBuffers.ListensToAttention(config, hooks) ? segments : [])
        {
            area = Math.Max(area, (long)config.NHeads * segment.Count * segment.End);
        }

        return new PassSize(
            segments[^1].Row + segments[^1].Count,
            cached ? 0 : OwnKeys.Floats(config, Array.ConvertAll(segments, s => s.Count)),
            PassBuffers.PartsOf(config, hooks),
            area);
    }

    /// <summary>The rows of a batch, one segment for each sequence.</summary>
    public static RowSegment[] Segments(TokenBatch batch, int[] starts) => Segments(batch.Lengths, starts);

    private static RowSegment[] Segments(IReadOnlyList<int> lengths, int[] starts)
    {
        var segments = new RowSegment[lengths.Count];
        for (int s = 0, row = 0; s < segments.Length; s++)
        {
            segments[s] = new RowSegment(s, row, lengths[s], starts[s], s);
            row += lengths[s];
        }

        return segments;
    }

    private static PassKeys Keys(
        ModelConfig config, RowSegment[] segments, KeyValueCache? cache, PassBuffers buffers, int threads)
    {
        if (cache is null)
        {
            var fresh = new FreshKeys(config, threads);
            fresh.Reset(segments, buffers.Keys);
            return fresh;
        }

        var cached = new CachedKeys(config, cache, threads);
        cached.Reset(segments);
        return cached;
    }

    /// <summary>The rows whose logits were asked for; null = all.</summary>
    private static int[]? Read(RowSegment[] segments, TokenBatch batch, LogitRows logits)
    {
        List<int> rows = [];
        for (int s = 0; s < batch.Count; s++)
        {
            foreach (int position in logits.Resolve(segments[s].Count, s))
            {
                rows.Add(segments[s].Row + position);
            }
        }

        return rows.Count == segments[^1].Row + segments[^1].Count ? null : [.. rows];
    }

    /// <summary>Whether somebody may see a row at a point after the last block's keys and values.</summary>
    private static bool TopIsListened<THooks>(ModelConfig config, THooks hooks)
        where THooks : struct, IForwardHooks
    {
        int last = config.NLayers - 1;
        BlockPlan plan = BlockPlan.Of(config);
        foreach (HookRow row in HookTable.Rows)
        {
            if (hooks.Wants(new HookPoint(row.Kind, row.PerLayer ? last : -1)) && !BelowQueries(plan, row))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a point shows all rows where only some go on: it comes before the projections, or is one of keys and values.</summary>
    private static bool BelowQueries(BlockPlan plan, HookRow row) => row.Kind switch
    {
        HookKind.K or HookKind.V or HookKind.KNormScale or HookKind.KNormNormalized or HookKind.RotK => true,

        // Copies of what heads read are taken where they are projected.
        HookKind.AttnIn or HookKind.QInput or HookKind.KInput or HookKind.VInput => false,
        _ when row.PerLayer => plan.IndexOf(row.Kind) < plan.IndexOf(BlockOperation.Project),
        _ => row.Kind < HookKind.ResidPre,
    };
}

using System.Numerics.Tensors;
using Interp.Hooks;
using Interp.Runtime.Forward;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Lanes;

/// <summary>
/// Divides variants so that memory suffices: base runs of as many sequences as a part of the budget holds, and walks with as
/// many lanes as the rest holds.
/// </summary>
internal sealed class LaneRun(
    TransformerModel model,
    TokenBatch batch,
    CheckedVariants variants,
    VariantOptions options,
    VariantHandler? handle,
    long budget)
{
    private readonly ModelConfig _config = model.Config;
    private readonly LanePlanner _planner = new(model, batch, options);
    private readonly int _threads = variants.Threads;
    private readonly Queue<(int Index, int Sequence, bool Records)> _unchanged = [];
    private readonly LanePlanTotals _plan = new();
    private long _baseBytes;
    private int _done;

    /// <summary>Multiply-adds that base runs and walks counted.</summary>
    public long CountedMultiplyAdds { get; private set; }

    /// <summary>The plan in numbers; base runs are computed, since what changes nothing is found by trying.</summary>
    public VariantPlan Explain()
    {
        Run();
        long naive = variants.BySequence.Select((own, s) => own.Count > 0 ? own.Count * Whole(s) : 0).Sum();
        return new VariantPlan(
            variants.Variants.Count, _plan.Unchanged, _plan.Lanes, _plan.Whole, _plan.Walks, _plan.Rows, _plan.MultiplyAdds, naive, _plan.Bytes);
    }

    /// <summary>Runs all variants, sequences in order, and those of a part of the sequences in the order of the list.</summary>
    public void Run()
    {
        int[] used = [.. Enumerable.Range(0, batch.Count).Where(s => variants.BySequence[s].Count > 0)];
        for (int first = 0; first < used.Length;)
        {
            options.Cancellation.ThrowIfCancellationRequested();
            List<int> sequences = [used[first]];
            HashSet<HookPoint> points = Recorded(used[first]);
            long kept = BaseBytes(used[first], points), passed = PassBytes(used[first]);
            foreach (int next in used.Skip(first + 1))
            {
                HashSet<HookPoint> more = Recorded(next);
                if (!more.IsSubsetOf(points))
                {
                    points.UnionWith(more);
                    kept = sequences.Sum(s => BaseBytes(s, points));
                }

                kept += BaseBytes(next, points);
                passed += PassBytes(next);
                if (kept > budget / 2 || kept + passed > budget)
                {
                    break;
                }

                sequences.Add(next);
            }

            RunSequences(sequences, points, [.. sequences.SelectMany(s => variants.BySequence[s]).Order()]);
            first += sequences.Count;
        }

        HashSet<HookPoint> Recorded(int sequence) => LanePlanner.Recorded(_config, variants.Touched[sequence]);
    }

    private void RunSequences(List<int> sequences, HashSet<HookPoint> points, int[] indices)
    {
        using BaseRun baseRun = BaseRun.Of(model, batch, sequences, points, sequences.Any(variants.Whole), options, _threads);
        CountedMultiplyAdds += baseRun.MultiplyAdds;
        _plan.MultiplyAdds += baseRun.MultiplyAdds;
        _baseBytes = baseRun.KeptBytes;
        _plan.Bytes = Math.Max(_plan.Bytes, _baseBytes + baseRun.PassBytes);
        if (baseRun.NonFinite is not null)
        {
            RunNaively(indices);
            return;
        }

        long left = Math.Max(0, budget - _baseBytes - WalkBytes());
        List<Lane> lanes = [];
        long bytes = 0;
        KeyPlaces keys = default;
        foreach (int[] some in indices.Chunk(CheckedVariants.AtATime))
        {
            Lane?[] planned = variants.Each(
                some, (index, variant) => _planner.Plan(index, variant, variants.Take(index, variant), baseRun), out Variant[] own);
            for (int i = 0; i < some.Length; i++)
            {
                if (ReadByEveryLayer(own[i]))
                {
                    RunNaively([some[i]]);
                    continue;
                }

                if (planned[i] is not { } lane)
                {
                    _unchanged.Enqueue((some[i], own[i].Sequence, own[i].Observe.Count > 0));
                    continue;
                }

                KeyPlaces together = keys;
                together.Add(lane.Rows);
                if (lanes.Count > 0 && bytes + LaneBytes(lane) + KeyBytes(together) > left)
                {
                    Walk([.. lanes], baseRun);
                    lanes.Clear();
                    (bytes, keys) = (0, default);
                }

                lanes.Add(lane);
                bytes += LaneBytes(lane);
                keys.Add(lane.Rows);
            }
        }

        if (lanes.Count > 0)
        {
            Walk([.. lanes], baseRun);
        }

        HandOverUnchanged(int.MaxValue, baseRun);
    }

    /// <summary>Hands over the variants before an index that are as their base run, so that the order is that of the list.</summary>
    private void HandOverUnchanged(int before, BaseRun baseRun)
    {
        while (_unchanged.TryPeek(out (int Index, int Sequence, bool Records) next) && next.Index < before)
        {
            options.Cancellation.ThrowIfCancellationRequested();
            _unchanged.Dequeue();
            _plan.Unchanged++;
            if (handle is null)
            {
                continue;
            }

            ActivationCache? recorded = next.Records ? Recorded(variants.Variants[next.Index], [], baseRun) : null;
            handle(new VariantResult(next.Index, baseRun.Logits(next.Sequence), ReadCount(next.Sequence), recorded, null));
            Report(1);
        }
    }

    /// <summary>Whether a change of position embeddings has to be computed from the bottom, since every layer reads them.</summary>
    private bool ReadByEveryLayer(Variant variant) => _config.Positions == PositionKind.Shortformer
        && VariantChecks.All(variant, options).Any(i => i.Point.Kind == HookKind.PosEmbed);

    private void Walk(Lane[] lanes, BaseRun baseRun)
    {
        options.Cancellation.ThrowIfCancellationRequested();
        _plan.Walks++;
        _plan.Lanes += lanes.Length;
        _plan.Rows += lanes.Sum(l => (long)l.Rows);
        HashSet<int> headInputs = [.. lanes.SelectMany(l => l.Plan.Points.Concat(l.Variant.Observe))
            .Where(p => LaneEntries.HeadInputs.Contains(p.Kind)).Select(p => p.Layer)];
        _plan.MultiplyAdds += lanes.Sum(l => LaneWork.Of(_config, _planner.Entries, l, Tokens(l.Sequence), headInputs));
        long floats = LaneWalk.Floats(_config, lanes, baseRun);
        _plan.Bytes = Math.Max(_plan.Bytes, _baseBytes + (sizeof(float) * (floats + lanes.Sum(l => l.Read.Length * Tokens(l.Sequence)))));
        if (handle is null)
        {
            return;
        }

        Workspace memory = model.Resources.Memory.Rent(floats);
        try
        {
            var walk = new LaneWalk(model, batch, _planner, baseRun, lanes, memory, _threads);
            List<(Lane Lane, float[] Logits)> results = [];
            walk.Run(options.Tokens, (lane, logits) => results.Add((lane, logits)));
            CountedMultiplyAdds += walk.MultiplyAdds;
            if (walk.MetNonFinite || results.Any(r => !TensorPrimitives.IsFiniteAll<float>(r.Logits)))
            {
                // Which lane it was, and where first, is told by runs of one variant at a time.
                RunNaively([.. lanes.Select(l => l.Index)]);
                return;
            }

            foreach ((Lane lane, float[] logits) in results)
            {
                HandOverUnchanged(lane.Index, baseRun);
                options.Cancellation.ThrowIfCancellationRequested();
                ActivationCache? recorded = lane.Variant.Observe.Count == 0 ? null : Recorded(lane.Variant, lane.Recorded, baseRun);
                handle(new VariantResult(lane.Index, logits, lane.Read.Length, recorded, null));
                Report(1);
            }
        }
        finally
        {
            model.Resources.Memory.Return(memory);
        }
    }

    private void RunNaively(int[] indices)
    {
        Variant[] some = [.. indices.Select(i => variants.Variants[i])];
        _plan.Whole += indices.Length;
        _plan.MultiplyAdds += some.Sum(v => Whole(v.Sequence));
        int longest = some.Max(v => batch.Tokens(v.Sequence).Length);
        _plan.Bytes = Math.Max(_plan.Bytes, _baseBytes + model.Plan([longest], new RunOptions { Logits = options.Logits, Threads = _threads }).Run);
        if (handle is null)
        {
            return;
        }

        new NaiveEngine().Run(
            model, batch, some, options with { Progress = null },
            (in VariantResult r) =>
            {
                handle(new VariantResult(indices[r.Index], r.Logits, r.Positions, r.Recorded, r.NonFinite));
                Report(1);
            });
    }

    private ActivationCache Recorded(Variant variant, Dictionary<HookPoint, float[]> own, BaseRun baseRun)
    {
        var cache = new ActivationCache(
            model, batch.Tokens(variant.Sequence).Length, VariantChecks.Changed(model, variant, options))
        { Finite = true };
        foreach (HookPoint point in variant.Observe.Select(model.Hooks.Require))
        {
            cache.Put(point, own.TryGetValue(point, out float[]? values) ? values : baseRun.After(point, variant.Sequence).ToArray());
        }

        return cache;
    }

    /// <summary>Multiply-adds of a full pass.</summary>
    private long Whole(int sequence) => PassWork.Whole(_config, batch.Tokens(sequence).Length, ReadCount(sequence));

    private long Tokens(int sequence) => options.Tokens.IsAll ? _config.DVocabOut : options.Tokens.Of(sequence).Count;

    private int ReadCount(int sequence) => options.Logits.Resolve(batch.Tokens(sequence).Length, sequence).Length;

    private void Report(int more)
    {
        _done += more;
        options.Progress?.Report(new VariantProgress(_done, variants.Variants.Count));
    }

    /// <summary>What the base run of a sequence keeps: recorded points, values among them, and keys.</summary>
    private long BaseBytes(int sequence, HashSet<HookPoint> points)
    {
        int length = batch.Tokens(sequence).Length;
        long floats = points.Sum(p => model.Hooks.Shape(p, length, length).Aggregate(1L, (product, n) => product * n));
        return (floats + ((long)_config.NLayers * (length + KeyPanels.Width - 1) * _config.NKeyValueHeads * _config.DHead)) * sizeof(float);
    }

    /// <summary>What the pass of base runs holds of a sequence, patterns and the like that are listened to left out.</summary>
    private long PassBytes(int sequence)
    {
        var size = new PassSize(batch.Tokens(sequence).Length, 0, ListenedParts.None, 0);
        return (PassBuffers.Floats(_config, size) + ((long)ReadCount(sequence) * _config.DVocabOut)) * sizeof(float);
    }

    /// <summary>What a walk holds whatever its lanes.</summary>
    private long WalkBytes() => sizeof(float) * ((options.Tokens.IsAll ? LaneWalk.VocabularyRows * (long)_config.DVocabOut : 0)
        + (PassBuffers.NeuronRows * (long)_config.DMlp * (_config.Gated ? 2 : 1)));

    /// <summary>What a walk holds of a lane, keys left out: those of all lanes share panels.</summary>
    private long LaneBytes(Lane lane)
    {
        int heads = _config.NHeads * _config.DHead, keys = _config.NKeyValueHeads * _config.DHead;
        long row = (6L * _config.DModel) + (2L * heads) + (2L * keys) + 2;
        bool neurons = lane.Plan.Points.Concat(lane.Variant.Observe)
            .Any(p => p.Kind is HookKind.Pre or HookKind.PreLinear or HookKind.Post);
        row += neurons ? 2L * _config.DMlp : 0;
        bool streams = lane.Plan.Points.Concat(lane.Variant.Observe)
            .Any(p => p.Kind == HookKind.Result || LaneEntries.HeadInputs.Contains(p.Kind));
        row += streams ? 2L * _config.NHeads * _config.DModel : 0;
        return ((lane.Rows * row) + (lane.Read.Length * Tokens(lane.Sequence))) * sizeof(float);
    }

    private long KeyBytes(KeyPlaces places) => sizeof(float) * KeyPanels.Floats(places.Most, _config.NKeyValueHeads, _config.DHead);

    private sealed class LanePlanTotals
    {
        public int Unchanged { get; set; }

        public int Lanes { get; set; }

        public int Whole { get; set; }

        public int Walks { get; set; }

        public long Rows { get; set; }

        public long MultiplyAdds { get; set; }

        public long Bytes { get; set; }
    }
}

using System.Numerics.Tensors;
using Interp.Hooks;
using Interp.Runtime.Forward;

namespace Interp.Runtime.Lanes;

/// <summary>
/// Divides variants so that memory suffices: base runs of as many sequences as a part of the budget holds, and walks with as
/// many lanes as the rest holds.
/// </summary>
internal sealed class LaneRun(
    TransformerModel model,
    TokenBatch batch,
    IReadOnlyList<Variant> variants,
    VariantOptions options,
    VariantHandler handle,
    long budget)
{
    private readonly ModelConfig _config = model.Config;
    private readonly LanePlanner _planner = new(model, batch, options);
    private readonly int _threads = TransformerModel.ThreadCount(options.Threads);
    private readonly Queue<int> _unchanged = [];
    private int _done;

    /// <summary>Runs all variants, sequences in order, and those of a part of the sequences in the order of the list.</summary>
    public void Run()
    {
        List<int>[] bySequence = [.. Enumerable.Range(0, batch.Count).Select(_ => new List<int>())];
        for (int i = 0; i < variants.Count; i++)
        {
            bySequence[variants[i].Sequence].Add(i);
        }

        int[] used = [.. Enumerable.Range(0, batch.Count).Where(s => bySequence[s].Count > 0)];
        for (int first = 0; first < used.Length;)
        {
            options.Cancellation.ThrowIfCancellationRequested();
            List<int> sequences = [];
            HashSet<HookPoint> points = [];
            do
            {
                int next = used[first + sequences.Count];
                HashSet<HookPoint> more = [.. points, .. _planner.Recorded(bySequence[next].Select(i => variants[i]))];
                if (sequences.Count > 0 && BaseBytes([.. sequences, next], more) > budget / 2)
                {
                    break;
                }

                points = more;
                sequences.Add(next);
            }
            while (first + sequences.Count < used.Length);

            RunSequences(sequences, points, [.. sequences.SelectMany(s => bySequence[s]).Order()]);
            first += sequences.Count;
        }
    }

    private void RunSequences(List<int> sequences, HashSet<HookPoint> points, int[] indices)
    {
        var baseRun = new BaseRun(model, batch, sequences, points, options, _threads);
        if (baseRun.NonFinite is not null)
        {
            RunNaively(indices);
            return;
        }

        long left = Math.Max(0, budget - BaseBytes(sequences, points));
        List<Lane> lanes = [];
        long bytes = 0;
        foreach (int index in indices)
        {
            Variant variant = variants[index];
            if (_config.Positions == PositionKind.Shortformer
                && VariantChecks.All(variant, options).Any(i => i.Point.Kind == HookKind.PosEmbed))
            {
                // Every layer reads them.
                RunNaively([index]);
                continue;
            }

            if (_planner.Plan(index, variant, baseRun) is not { } lane)
            {
                _unchanged.Enqueue(index);
                continue;
            }

            long more = LaneBytes(lane);
            if (lanes.Count > 0 && bytes + more > left)
            {
                Walk([.. lanes], baseRun);
                lanes.Clear();
                bytes = 0;
            }

            lanes.Add(lane);
            bytes += more;
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
        while (_unchanged.TryPeek(out int index) && index < before)
        {
            options.Cancellation.ThrowIfCancellationRequested();
            _unchanged.Dequeue();
            Variant variant = variants[index];
            ActivationCache? recorded = variant.Observe.Count == 0 ? null : Recorded(variant, [], baseRun);
            handle(new VariantResult(
                index, baseRun.Logits(variant.Sequence), ReadCount(variant.Sequence), recorded, null));
            Report(1);
        }
    }

    private void Walk(Lane[] lanes, BaseRun baseRun)
    {
        options.Cancellation.ThrowIfCancellationRequested();
        Workspace memory = model.Resources.Memory.Rent(LaneWalk.Floats(_config, lanes, baseRun));
        try
        {
            var walk = new LaneWalk(model, batch, _planner, baseRun, lanes, memory, _threads);
            List<(Lane Lane, float[] Logits)> results = [];
            walk.Run(options.Tokens, (lane, logits) => results.Add((lane, logits)));
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
        Variant[] some = [.. indices.Select(i => variants[i])];
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
            model.Hooks, batch.Tokens(variant.Sequence).Length, VariantChecks.Changed(model, variant, options));
        foreach (HookPoint point in variant.Observe.Select(model.Hooks.Require))
        {
            cache.Put(point, own.TryGetValue(point, out float[]? values) ? values : baseRun.After(point, variant.Sequence));
        }

        return cache;
    }

    private int ReadCount(int sequence) => options.Logits.Resolve(batch.Tokens(sequence).Length, sequence).Length;

    private void Report(int more)
    {
        _done += more;
        options.Progress?.Report(new VariantProgress(_done, variants.Count));
    }

    /// <summary>What base runs keep: recorded points, keys and values.</summary>
    private long BaseBytes(List<int> sequences, HashSet<HookPoint> points) => sequences.Sum(s =>
    {
        int length = batch.Tokens(s).Length;
        long floats = points.Sum(p => model.Hooks.Shape(p, length, length).Aggregate(1L, (product, n) => product * n));
        return (floats + (2L * _config.NLayers * (length + 31) * _config.NKeyValueHeads * _config.DHead)) * sizeof(float);
    });

    /// <summary>What a walk holds of a lane.</summary>
    private long LaneBytes(Lane lane)
    {
        int heads = _config.NHeads * _config.DHead, keys = _config.NKeyValueHeads * _config.DHead;
        long row = (5L * _config.DModel) + (2L * heads) + (2L * keys) + 2;
        bool neurons = lane.Plan.Points.Concat(lane.Variant.Observe)
            .Any(p => p.Kind is HookKind.Pre or HookKind.PreLinear or HookKind.Post);
        row += neurons ? 2L * _config.DMlp : 0;
        bool streams = lane.Plan.Points.Concat(lane.Variant.Observe)
            .Any(p => p.Kind is HookKind.AttnIn or HookKind.QInput or HookKind.KInput or HookKind.VInput or HookKind.Result);
        row += streams ? 2L * _config.NHeads * _config.DModel : 0;
        long tokens = options.Tokens.IsAll ? _config.DVocab : options.Tokens.Of(lane.Sequence).Count;
        return ((lane.Rows * row) + ((lane.Rows + 31L) / 32 * 32 * keys) + (lane.Read.Length * tokens)) * sizeof(float);
    }
}

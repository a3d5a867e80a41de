using Interp.Hooks;
using Interp.Runtime.Forward;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Lanes;

/// <summary>
/// The base runs of some sequences, with what lanes start from: recorded rows before and after the base's interventions, keys
/// and values of every layer, and the logits that are read.
/// </summary>
internal sealed class BaseRun : IDisposable
{
    private readonly Dictionary<int, int> _places = [];
    private readonly Workspace _kept;
    private readonly BaseKeys _keys;
    private readonly BaseHooks.Records _records;
    private float[][] _logits = [];
    private readonly HookMap _map;

    private BaseRun(
        TransformerModel model, TokenBatch own, RowSegment[] segments, IReadOnlyList<int> sequences, IReadOnlyCollection<HookPoint> points,
        InterventionPlan plan, int threads)
    {
        _map = model.Hooks;
        for (int i = 0; i < sequences.Count; i++)
        {
            _places[sequences[i]] = i;
        }

        Workspace counting = Workspace.Counting();
        _ = Kept(counting);
        KeptBytes = counting.Used * sizeof(float);
        _kept = new Workspace(counting.Used);
        (_records, _keys) = Kept(_kept);

        (BaseHooks.Records Records, BaseKeys Keys) Kept(Workspace place)
        {
            var records = new BaseHooks.Records(points, plan, model.Hooks, own.Lengths, place);
            return (records, new BaseKeys(model.Config, segments, (layer, s) => records.Block(Hook.V(layer), s), threads, place));
        }
    }

    /// <summary>Runs the sequences.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">All sequences.</param>
    /// <param name="sequences">Those that are run.</param>
    /// <param name="points">What is recorded.</param>
    /// <param name="whole">Whether lanes may want rows of the last layer that are not read.</param>
    /// <param name="options">What is read, and interventions of base runs.</param>
    /// <param name="threads">Threads.</param>
    public static BaseRun Of(
        TransformerModel model, TokenBatch batch, IReadOnlyList<int> sequences, IReadOnlyCollection<HookPoint> points, bool whole,
        VariantOptions options, int threads)
    {
        TokenBatch own = batch.Part(sequences);
        Intervention[] interventions =
        [
            .. sequences.SelectMany((s, i) => options.Base.Count == 0
                ? []
                : options.Base[s].Select(x => x with { Scope = x.Scope.InSequences(i) })),
        ];
        InterventionPlan plan = InterventionPlan.Create(model.Hooks, own.Lengths, interventions);
        RowSegment[] segments = BatchRun.Segments(own, new int[own.Count]);
        var run = new BaseRun(model, own, segments, sequences, points, plan, threads);
        try
        {
            run.Compute(model, own, segments, sequences, points, plan, whole, options, threads);
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Where values of a base run were first not finite.</summary>
    public NonFinite? NonFinite { get; private set; }

    /// <summary>Bytes that are held until this is disposed.</summary>
    public long KeptBytes { get; private set; }

    /// <summary>Bytes that the pass took beside them.</summary>
    public long PassBytes { get; private set; }

    /// <summary>Multiply-adds of the runs.</summary>
    public long MultiplyAdds { get; private set; }

    /// <summary>Logits of a sequence, [positions read, tokens].</summary>
    public float[] Logits(int sequence) => _logits[_places[sequence]];

    /// <summary>What a point held before the base's interventions.</summary>
    public ReadOnlySpan<float> Before(HookPoint point, int sequence) => _records.Before(point, _places[sequence]);

    /// <summary>What a point held after the base's interventions.</summary>
    public ReadOnlySpan<float> After(HookPoint point, int sequence) => _records.After(point, _places[sequence]);

    /// <summary>The first keys of a sequence in a layer.</summary>
    public KeyRun Keys(int layer, int sequence, int head, int count) => _keys.First(layer, _places[sequence], head, count);

    /// <summary>Heads of a point, 1 where it has none.</summary>
    public int Heads(HookPoint point) => Math.Max(1, _map.Heads(point));

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => _kept.Dispose();

    private void Compute(
        TransformerModel model, TokenBatch own, RowSegment[] segments, IReadOnlyList<int> sequences, IReadOnlyCollection<HookPoint> points,
        InterventionPlan plan, bool whole, VariantOptions options, int threads)
    {
        ModelConfig config = model.Config;
        var hooks = new BaseHooks(plan, _records);
        PassSize size = BatchRun.Size(config, segments, cached: true, hooks);
        long floats = PassBuffers.Floats(config, size);
        Workspace memory = model.Resources.Memory.Rent(floats);
        try
        {
            var buffers = new PassBuffers(memory, config, size);
            var pass = new ForwardPass<BaseHooks>(model.Resources, buffers, _keys, threads, hooks);
            pass.SetRows(segments);
            pass.Embed(own, new int[own.Count]);
            int[][] read = [.. sequences.Select((s, i) => options.Logits.Resolve(own.Tokens(i).Length, s))];
            ActivationCache[] sources = options.Sources.Count > 0 && plan.IsEmpty ? [.. sequences.Select(s => options.Sources[s])] : [];
            SharedRows shared = SharedRows.Find(model, segments, buffers.Stream, points, sources, read);
            shared.Record(config, points, _records, threads);
            segments = shared.Leave(segments, buffers.Stream, config.DModel);
            int[] rows = [.. read.SelectMany((positions, i) => positions.Select(p => segments[i].Row + p - segments[i].First))];
            var entries = LaneEntries.Of(config);
            bool prune = !whole && plan.IsEmpty && rows.Length > 0 && points.All(p => LanesPrune(config, entries, p));
            for (int layer = 0; layer < config.NLayers; layer++)
            {
                shared.FillKeys(layer, buffers.K, config.NKeyValueHeads * config.DHead);
                pass.PutKeys(layer, shared.Given);
                pass.SetRows(segments);
                pass.FillPositionRows();
                pass.RunBlock(layer, needed: prune && layer == config.NLayers - 1 ? rows : null);
            }

            rows = prune ? [.. Enumerable.Range(0, rows.Length)] : rows;
            _logits = options.Tokens.IsAll || hooks.Wants(Hook.UnembedOut)
                ? OfVocabulary(pass, rows, read, sequences, options.Tokens, config.DVocabOut)
                : OfTokens(pass, buffers, rows, read, sequences, options.Tokens, config.DModel);
            KeptBytes += sizeof(float) * _logits.Sum(logits => logits.LongLength);
            PassBytes = sizeof(float) * (floats + (options.Tokens.IsAll ? (long)rows.Length * config.DVocab : 0));
            MultiplyAdds = pass.MultiplyAdds;
            NonFinite = pass.NonFinite is { } found ? found with { Sequence = sequences[found.Sequence] } : null;
        }
        finally
        {
            model.Resources.Memory.Return(memory);
        }
    }

    /// <summary>Whether lanes that start at a recorded point, or below it, want of the last layer's queries those that are read only.</summary>
    private static bool LanesPrune(ModelConfig config, LaneEntries entries, HookPoint point) => point.Layer < config.NLayers - 1
        ? point.Layer >= 0 || entries.Before(point.Kind).Entry == LaneEntry.Embed
        : point.Kind is HookKind.ResidPre or HookKind.Q or HookKind.K or HookKind.V;

    private static float[][] OfTokens(
        ForwardPass<BaseHooks> pass, PassBuffers buffers, int[] rows, int[][] read, IReadOnlyList<int> sequences, LogitTokens tokens, int width)
    {
        pass.FinishStream(rows.Length == pass.Rows ? null : rows);
        var chosen = new float[sequences.Count][];
        for (int i = 0, row = 0; i < chosen.Length; row += read[i].Length, i++)
        {
            int[] wanted = [.. tokens.Of(sequences[i])];
            chosen[i] = new float[read[i].Length * wanted.Length];
            pass.Logits(buffers.Stream.From(row, width), read[i].Length, wanted, chosen[i]);
        }

        return chosen;
    }

    private static float[][] OfVocabulary(
        ForwardPass<BaseHooks> pass, int[] rows, int[][] read, IReadOnlyList<int> sequences, LogitTokens tokens, int vocabulary)
    {
        float[] logits = GC.AllocateUninitializedArray<float>(rows.Length * vocabulary);
        pass.Unembed(rows.Length == pass.Rows ? null : rows, logits);
        return Chosen(logits, read, sequences, tokens, vocabulary);
    }

    private static float[][] Chosen(
        float[] logits, int[][] read, IReadOnlyList<int> sequences, LogitTokens tokens, int vocabulary)
    {
        var chosen = new float[sequences.Count][];
        for (int i = 0, row = 0; i < chosen.Length; row += read[i].Length, i++)
        {
            ReadOnlySpan<float> own = logits.AsSpan(row * vocabulary, read[i].Length * vocabulary);
            if (tokens.IsAll)
            {
                chosen[i] = own.ToArray();
                continue;
            }

            IReadOnlyList<int> wanted = tokens.Of(sequences[i]);
            chosen[i] = new float[read[i].Length * wanted.Count];
            for (int p = 0; p < read[i].Length; p++)
            {
                for (int t = 0; t < wanted.Count; t++)
                {
                    chosen[i][(p * wanted.Count) + t] = own[(p * vocabulary) + wanted[t]];
                }
            }
        }

        return chosen;
    }
}

using System.Runtime.CompilerServices;
using Interp.Hooks;
using Interp.Runtime.Forward;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Lanes;

/// <summary>
/// The base runs of some sequences, with what lanes start from: recorded rows before and after the base's interventions, keys
/// and values of every layer, and the logits that are read.
/// </summary>
internal sealed class BaseRun
{
    private readonly Dictionary<int, int> _places = [];
    private readonly BaseKeys _keys;
    private readonly BaseHooks.Records _records;
    private readonly float[][] _logits;
    private readonly HookMap _map;

    /// <summary>Runs the sequences.</summary>
    public BaseRun(
        TransformerModel model, TokenBatch batch, IReadOnlyList<int> sequences, IReadOnlyCollection<HookPoint> points,
        VariantOptions options, int threads)
    {
        ModelConfig config = model.Config;
        _map = model.Hooks;
        for (int i = 0; i < sequences.Count; i++)
        {
            _places[sequences[i]] = i;
        }

        TokenBatch own = batch.Part(sequences);
        Intervention[] interventions =
        [
            .. sequences.SelectMany((s, i) => options.Base.Count == 0
                ? []
                : options.Base[s].Select(x => x with { Scope = x.Scope.InSequences(i) })),
        ];
        InterventionPlan plan = InterventionPlan.Create(model.Hooks, own.Lengths, interventions);
        _records = new BaseHooks.Records(points, own.Count);
        var hooks = new BaseHooks(plan, _records);
        var starts = new int[own.Count];
        RowSegment[] segments = BatchRun.Segments(own, starts);
        PassSize size = BatchRun.Size(config, segments, cached: true, hooks);
        Workspace memory = model.Resources.Memory.Rent(PassBuffers.Floats(config, size));
        try
        {
            _keys = new BaseKeys(config, segments, threads);
            var pass = new ForwardPass<BaseHooks>(model.Resources, new PassBuffers(memory, config, size), _keys, threads, hooks);
            pass.SetRows(segments);
            pass.Embed(own, starts);
            for (int layer = 0; layer < config.NLayers; layer++)
            {
                pass.RunBlock(layer);
            }

            int[][] read = [.. sequences.Select(s => options.Logits.Resolve(batch.Tokens(s).Length, s))];
            int[] rows = [.. read.SelectMany((positions, i) => positions.Select(p => segments[i].Row + p))];
            float[] logits = GC.AllocateUninitializedArray<float>(rows.Length * config.DVocab);
            pass.Unembed(rows.Length == pass.Rows ? null : rows, logits);
            NonFinite = pass.NonFinite is { } found ? found with { Sequence = sequences[found.Sequence] } : null;
            _logits = Chosen(logits, read, sequences, options.Tokens, config.DVocab);
        }
        finally
        {
            model.Resources.Memory.Return(memory);
        }
    }

    /// <summary>Where values of a base run were first not finite.</summary>
    public NonFinite? NonFinite { get; }

    /// <summary>Logits of a sequence, [positions read, tokens].</summary>
    public float[] Logits(int sequence) => _logits[_places[sequence]];

    /// <summary>What a point held before the base's interventions.</summary>
    public float[] Before(HookPoint point, int sequence) => _records.Before(point, _places[sequence]);

    /// <summary>What a point held after the base's interventions.</summary>
    public float[] After(HookPoint point, int sequence) => _records.After(point, _places[sequence]);

    /// <summary>The first keys of a sequence in a layer.</summary>
    public KeyRun Keys(int layer, int sequence, int head, int count) => _keys.First(layer, _places[sequence], head, count);

    /// <summary>Shape of a point for a whole sequence.</summary>
    public int Heads(HookPoint point) => Math.Max(1, _map.Heads(point));

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

/// <summary>Applies the base's interventions and records what was there before and after.</summary>
internal readonly struct BaseHooks(InterventionPlan plan, BaseHooks.Records records) : IForwardHooks
{
    public bool Wants(HookPoint point) => records.Wants(point) || plan.Targets(point);

    public bool MayChange(HookPoint point) => plan.Targets(point);

    public void OnActivation(in Activation activation)
    {
        bool changed = plan.Targets(activation.Point);
        if (changed && records.Wants(activation.Point))
        {
            records.PutBefore(activation);
        }

        if (changed)
        {
            plan.Apply(activation);
        }

        if (records.Wants(activation.Point))
        {
            records.PutAfter(activation);
        }
    }

    /// <summary>What was recorded of each sequence.</summary>
    internal sealed class Records
    {
        private readonly Dictionary<HookPoint, float[]?[]> _after;
        private readonly Dictionary<HookPoint, float[]?[]> _before = [];
        private readonly int _sequences;

        public Records(IReadOnlyCollection<HookPoint> points, int sequences)
        {
            _sequences = sequences;
            _after = points.ToDictionary(p => p, _ => new float[]?[sequences]);
        }

        public bool Wants(HookPoint point) => _after.ContainsKey(point);

        public float[] Before(HookPoint point, int place) =>
            _before.TryGetValue(point, out float[]?[]? values) ? values[place]! : After(point, place);

        public float[] After(HookPoint point, int place) => _after[point][place]!;

        public void PutAfter(in Activation activation) => _after[activation.Point][activation.Sequence] = activation.Copy();

        public void PutBefore(in Activation activation)
        {
            if (!_before.TryGetValue(activation.Point, out float[]?[]? values))
            {
                _before[activation.Point] = values = new float[]?[_sequences];
            }

            values[activation.Sequence] = activation.Copy();
        }
    }
}

/// <summary>Keys and values of all layers of the base runs.</summary>
internal sealed unsafe class BaseKeys : PassKeys
{
    private readonly float[][][] _panels;
    private readonly float[][][] _values;
    private readonly RowSegment[] _segments;
    private int _layer;

    public BaseKeys(ModelConfig config, RowSegment[] segments, int threads)
        : base(config, threads)
    {
        _segments = segments;
        _panels = Allocate(count => KeyPanels.Floats(count, Heads, DHead));
        _values = Allocate(count => ((long)count * Width) + PackedMatrix.PanelWidth);

        float[][][] Allocate(Func<int, long> floats) =>
        [
            .. Enumerable.Range(0, config.NLayers).Select(_ => segments.Select(
                s => GC.AllocateUninitializedArray<float>(checked((int)floats(s.Count)), pinned: true)).ToArray()),
        ];
    }

    public override int End(int keys) => _segments[keys].End;

    public override void Put(int layer, RowSegment[] segments, FloatBlock k, FloatBlock v)
    {
        _layer = layer;
        foreach (RowSegment segment in segments)
        {
            v.From(segment.Row, Width).Rows(segment.Count, Width).CopyTo(_values[layer][segment.Keys]);
        }

        Pack(layer, segments, k);
    }

    public override void Runs(int keys, int head, out KeyRun past, out KeyRun own)
    {
        past = default;
        own = First(_layer, keys, head, _segments[keys].Count);
    }

    /// <summary>The first keys of a sequence.</summary>
    public KeyRun First(int layer, int sequence, int head, int count) =>
        Run(Address(_panels[layer][sequence]), Address(_values[layer][sequence]), 0, count, head);

    protected override (nint Panels, int Held) Target(int layer, RowSegment segment) =>
        ((nint)Address(_panels[layer][segment.Keys]), 0);

    private static float* Address(float[] pinned) => (float*)Unsafe.AsPointer(ref pinned[0]);
}

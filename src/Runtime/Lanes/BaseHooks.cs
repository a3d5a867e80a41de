using Interp.Hooks;
using Interp.Runtime.Forward;

namespace Interp.Runtime.Lanes;

/// <summary>Applies the base's interventions and records what was there before and after.</summary>
internal readonly struct BaseHooks(InterventionPlan plan, BaseHooks.Records records) : IForwardHooks
{
    public bool Wants(HookPoint point) => records.Wants(point) || plan.Targets(point);

    public bool MayChange(HookPoint point) => plan.Targets(point);

    public void OnActivation(in Activation activation)
    {
        if (!plan.Targets(activation.Point))
        {
            return;
        }

        if (records.Wants(activation.Point))
        {
            records.PutBefore(activation);
        }

        plan.Apply(activation);
    }

    public void OnBatch(in ActivationBatch batch)
    {
        if (records.Wants(batch.Point))
        {
            records.PutAfter(batch);
        }
    }

    /// <summary>What was recorded of each sequence.</summary>
    internal sealed class Records
    {
        private readonly Dictionary<HookPoint, FloatBlock[]> _after = [];
        private readonly Dictionary<HookPoint, FloatBlock[]> _before = [];
        private readonly HookMap _map;

        /// <summary>Lays the records out; points that the base's interventions change are kept twice.</summary>
        public Records(
            IReadOnlyCollection<HookPoint> points, InterventionPlan plan, HookMap map, IReadOnlyList<int> lengths, Workspace memory)
        {
            _map = map;
            foreach (HookPoint point in points)
            {
                FloatBlock[] Take() => [.. lengths.Select(n => memory.Take(
                    1, map.Shape(point, n, n).Aggregate(1L, (product, size) => product * size)))];
                _after[point] = Take();
                if (plan.Targets(point))
                {
                    _before[point] = Take();
                }
            }
        }

        public bool Wants(HookPoint point) => _after.ContainsKey(point);

        public ReadOnlySpan<float> Before(HookPoint point, int place) =>
            _before.TryGetValue(point, out FloatBlock[]? values) ? values[place].Span : After(point, place);

        public ReadOnlySpan<float> After(HookPoint point, int place) => Block(point, place).Span;

        /// <summary>The memory of <see cref="After"/>.</summary>
        public FloatBlock Block(HookPoint point, int place) => _after[point][place];

        public void PutBefore(in Activation activation) => activation.Data.CopyTo(_before[activation.Point][activation.Sequence].Span);

        /// <summary>Takes the rows of a pass, which may be some of a sequence only.</summary>
        public void PutAfter(in ActivationBatch batch)
        {
            HookPoint point = batch.Point;
            ReadOnlySpan<SequenceRows> sequences = batch.Sequences;
            if (point.Kind is HookKind.AttnScores or HookKind.Pattern)
            {
                // One sequence at a time, its rows head by head.
                int rows = sequences[0].Count / _map.Heads(point);
                PutAfter(point, batch.Values, rows, sequences[0] with { Count = rows });
                return;
            }

            var places = new FloatBlock[sequences.Length];
            for (int s = 0; s < places.Length; s++)
            {
                places[s] = _after[point][sequences[s].Sequence].From(sequences[s].First, batch.Width);
            }

            RowCopy<Blocks>.Run(batch, new Blocks(places));
        }

        /// <summary>Takes the first rows of a sequence's values.</summary>
        /// <param name="point">The point.</param>
        /// <param name="values">The values of one sequence.</param>
        /// <param name="held">Rows that they hold, for each head where rows stand head by head.</param>
        /// <param name="rows">The rows that are taken, and where they go.</param>
        public void PutAfter(HookPoint point, ReadOnlySpan<float> values, int held, SequenceRows rows)
        {
            int blocks = point.Kind is HookKind.AttnScores or HookKind.Pattern ? _map.Heads(point) : 1;
            int width = values.Length / (blocks * held);
            Span<float> after = _after[point][rows.Sequence].Span;
            int length = after.Length / (blocks * width);
            for (int b = 0; b < blocks; b++)
            {
                values.Slice(b * held * width, rows.Count * width).CopyTo(after[(((b * length) + rows.First) * width)..]);
            }
        }
    }

    private readonly struct Blocks(FloatBlock[] places) : IRowTargets
    {
        public Span<float> Of(int segment) => places[segment].Span;

        public bool IsNew(int segment) => true;
    }
}

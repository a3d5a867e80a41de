using System.Runtime.InteropServices;
using Interp.Hooks;

namespace Interp.Runtime.Lanes;

/// <summary>
/// Rows of source runs (<see cref="VariantOptions.Sources"/>) whose queries, keys and values are known. A row of the stream with
/// the bits of a source run's has the same ones, wherever it stands: positions come in later.
/// </summary>
internal sealed class SourceRows(TransformerModel model, VariantOptions options)
{
    // Where one of these is changed, in the source run or in the lane, projections do not follow from the stream.
    private static readonly HookKind[] Inputs = [.. LaneEntries.HeadInputs, HookKind.Ln1Scale, HookKind.Ln1Normalized];

    private static readonly HookKind[] Projections = [HookKind.Q, HookKind.K, HookKind.V];

    /// <summary>The rows that a lane brings to the block it starts in front of, as far as its source run has them.</summary>
    /// <param name="lane">A lane whose place is known.</param>
    /// <param name="baseRun">Its base run.</param>
    /// <returns>Pairs of position and source row.</returns>
    public IReadOnlyList<(int Position, int Row)> Of(Lane lane, BaseRun baseRun)
    {
        bool changed = lane.Plan.IsOpaque || Inputs.Any(kind => lane.Plan.Targets(new HookPoint(kind, lane.StartLayer)));
        if (lane.Entry != LaneEntry.Input || changed || Known(lane.Sequence, lane.StartLayer) is not { } source)
        {
            return [];
        }

        HookPoint point = Hook.ResidPre(lane.StartLayer);
        int d = model.Config.DModel, from = lane.ChangedFrom, count = lane.ChangedTo - from;
        float[] rows = baseRun.Before(point, lane.Sequence).Slice(from * d, count * d).ToArray();
        lane.Plan.Apply(new Activation(point, 0, from, count, 1, rows));
        ReadOnlySpan<int> bits = MemoryMarshal.Cast<float, int>(rows.AsSpan()), known = MemoryMarshal.Cast<float, int>(source.Values(point).AsSpan());
        List<(int Position, int Row)> found = [];
        for (int i = 0; i < count; i++)
        {
            int row = 0;
            while (row < source.Positions && !bits.Slice(i * d, d).SequenceEqual(known.Slice(row * d, d)))
            {
                row++;
            }

            if (row < source.Positions)
            {
                found.Add((from + i, row));
            }
        }

        return found;
    }

    /// <summary>What the source run of a sequence recorded at a point.</summary>
    public ReadOnlySpan<float> Values(HookPoint point, int sequence) => options.Sources[sequence].Values(point);

    /// <summary>The source run of a sequence, if it has the stream in front of a block and the queries, keys and values behind it.</summary>
    private ActivationCache? Known(int sequence, int layer)
    {
        if (options.Sources.Count == 0)
        {
            return null;
        }

        ActivationCache source = options.Sources[sequence];
        bool recorded = source.Contains(Hook.ResidPre(layer)) && Projections.All(kind => source.Contains(new HookPoint(kind, layer)));
        return recorded && !Inputs.Concat(Projections).Any(kind => source.Changed.Contains(new HookPoint(kind, layer))) ? source : null;
    }
}

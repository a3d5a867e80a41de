namespace Interp.Hooks;

/// <summary>Checks that recorded values fit a hook point and cover what they are to replace.</summary>
internal sealed class ValuesCheck(
    HookMap map, IReadOnlyList<int> lengths, HookPoint point, Func<string, InvalidInputException> error)
{
    private readonly HookRow _row = HookTable.Row(point.Kind);

    /// <summary>Axes as shown to users: <c>[pos, head, d_head]</c>.</summary>
    public static string Axes(IEnumerable<HookAxis> axes) => $"[{string.Join(", ", axes.Select(AxisName))}]";

    /// <summary>Throws unless the values have the point's axes and cover the scope.</summary>
    public void Require(TensorValue values, ResolvedScope scope, PositionMap? positions)
    {
        RequireShape(values);
        int sourceAxis = _row.Axes.IndexOf(HookAxis.SrcPos);
        int recorded = values.Shape[_row.PosAxis];
        int recordedSources = sourceAxis < 0 ? int.MaxValue : values.Shape[sourceAxis];
        if (positions is not null)
        {
            foreach ((int _, int source) in positions.Pairs)
            {
                RequireCovered("position", source, Math.Min(recorded, recordedSources), values);
            }
        }

        for (int sequence = 0; sequence < lengths.Count; sequence++)
        {
            if (!scope.Sequences[sequence])
            {
                continue;
            }

            if (positions is null)
            {
                int last = scope.Positions[sequence]?[^1] ?? lengths[sequence] - 1;
                RequireCovered("position", last, recorded, values);
                int lastSource = scope.Sources[sequence]?[^1] ?? LastSeen(scope.Reach, last, lengths[sequence]);
                RequireCovered("source position", lastSource, recordedSources, values);
            }
            else
            {
                RequireMapped("position", scope.Positions[sequence], positions, sequence);
                RequireMapped("source position", scope.Sources[sequence], positions, sequence);
                if (sourceAxis >= 0 && scope.Sources[sequence] is null)
                {
                    RequireWholeRows(scope, sequence, positions, recordedSources);
                }
            }
        }
    }

    /// <summary>Largest source position that is copied for the last destination or any before it.</summary>
    private static int LastSeen(AttentionReach reach, int last, int length) =>
        reach.End(last, Math.Max(length, last + 1)) - 1;

    private void RequireShape(TensorValue values)
    {
        int[] shape = map.Shape(point, 0, 0);
        bool fits = values.Shape.Length == shape.Length;
        for (int axis = 0; fits && axis < shape.Length; axis++)
        {
            fits = _row.Axes[axis] is HookAxis.Pos or HookAxis.SrcPos || values.Shape[axis] == shape[axis];
        }

        if (!fits)
        {
            string expected = string.Join(", ", _row.Axes.Select(
                (axis, i) => axis is HookAxis.Pos or HookAxis.SrcPos ? AxisName(axis) : $"{shape[i]}"));
            throw error($"expected values of shape [{expected}], found {values}");
        }
    }

    private void RequireCovered(string what, int position, int recorded, TensorValue values)
    {
        if (position >= recorded)
        {
            throw error($"the values {values} do not cover {what} {position}, they hold positions 0..{recorded - 1}");
        }
    }

    private void RequireMapped(string what, int[]? scoped, PositionMap positions, int sequence)
    {
        foreach (int position in scoped ?? [])
        {
            if (!positions.TryGet(position, out _))
            {
                throw error($"{what} {position} is not in the position map {positions}");
            }
        }

        foreach ((int destination, int _) in positions.Pairs)
        {
            if (destination >= lengths[sequence])
            {
                throw error(
                    $"position {destination} of the position map is out of range, "
                    + $"sequence {sequence} has positions 0..{lengths[sequence] - 1}");
            }
        }
    }

    /// <summary>
    /// A row of attention that is copied in part sums to one no more: what a destination can attend to must correspond one to
    /// one to what its source position could.
    /// </summary>
    private void RequireWholeRows(ResolvedScope scope, int sequence, PositionMap positions, int recorded)
    {
        AttentionReach reach = scope.Reach;
        foreach ((int destination, int from) in positions.Pairs)
        {
            if (scope.Positions[sequence]?.Contains(destination) == false)
            {
                continue;
            }

            int first = reach.First(destination), end = reach.End(destination, lengths[sequence]);
            var mapped = Enumerable.Range(first, end - first).Select(p => positions.TryGet(p, out int at) ? at : -1);
            int firstFrom = reach.First(from);
            if (!mapped.Order().SequenceEqual(Enumerable.Range(firstFrom, reach.End(from, recorded) - firstFrom)))
            {
                throw error(
                    $"row {destination} cannot be replaced by row {from} through the position map {positions}, because what the "
                    + "two attend to does not correspond one to one: the row would not sum to one");
            }
        }
    }

    private static string AxisName(HookAxis axis) => axis switch
    {
        HookAxis.Pos => "pos",
        HookAxis.SrcPos => "src_pos",
        HookAxis.Head => "head",
        HookAxis.KeyValueHead => "kv_head",
        HookAxis.DHead => "d_head",
        HookAxis.DModel => "d_model",
        HookAxis.DMlp => "d_mlp",
        HookAxis.Expert => "expert",
        HookAxis.ExpertSlot => "expert_slot",
        HookAxis.DVocab => "d_vocab",
        _ => "1",
    };
}

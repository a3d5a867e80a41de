namespace Interp.Hooks;

/// <summary>Checks one intervention against a model and a batch and turns it into a step.</summary>
/// <param name="map">The model's hook points.</param>
/// <param name="lengths">Prompt length of each sequence.</param>
/// <param name="newTokens">Positions that may be added to each.</param>
/// <param name="intervention">What is checked.</param>
/// <param name="index">Its place in the list, for messages.</param>
internal sealed class InterventionCheck(
    HookMap map, IReadOnlyList<int> lengths, int newTokens, Intervention intervention, int index)
{
    private readonly HookPoint _point = intervention.Point;
    private readonly HookRow _row = HookTable.Row(intervention.Point.Kind);

    private bool OverSources => _row.Axes.Contains(HookAxis.SrcPos);

    /// <summary>The point that is changed.</summary>
    public HookPoint Point => _point;

    /// <summary>Prepares the check; a negative layer counts from the last.</summary>
    /// <exception cref="InvalidInputException">The model has no such point.</exception>
    public static InterventionCheck At(
        HookMap map, IReadOnlyList<int> lengths, int newTokens, Intervention intervention, int index)
    {
        try
        {
            Intervention located = intervention with { Point = map.Require(intervention.Point) };
            return new InterventionCheck(map, lengths, newTokens, located, index);
        }
        catch (InvalidInputException missing)
        {
            throw Error(index, intervention, missing.Message);
        }
    }

    /// <summary>The step.</summary>
    /// <exception cref="InvalidInputException">The intervention does not fit or can never take effect.</exception>
    public InterventionStep Compile()
    {
        ResolvedScope scope = new ScopeCheck(map, lengths, newTokens, intervention, Error).Resolve();
        return intervention switch
        {
            Patch patch => PatchStep(patch, scope),
            Ablate { Kind: AblationKind.Zero } => new FillStep(scope, 0),
            Ablate { Kind: AblationKind.Mean } mean => new CopyStep(scope, Mean(mean.Values!)),
            Ablate ablate => new CopyStep(scope, Recorded(ablate.Values!, scope, null)),
            KnockOut knockOut => new FillStep(scope, KnockedOut(knockOut)),
            Steer steer => new AddStep(scope, Scaled(steer)),
            Freeze freeze => new CopyStep(scope, Recorded(RequireFreezable(freeze).Values, scope, null)),
            Custom custom => new CustomStep(scope, custom.Edit),
            _ => throw Error("this kind of intervention is not known"),
        };
    }

    private InterventionStep PatchStep(Patch patch, ResolvedScope scope)
    {
        RecordedRows rows = Recorded(patch.Values, scope, patch.Map);
        return patch.Map is PositionMap positions
            ? new MappedCopyStep(scope, rows, positions, OverSources)
            : new CopyStep(scope, rows);
    }

    private float KnockedOut(KnockOut knockOut) => _point.Kind switch
    {
        HookKind.AttnScores => float.NegativeInfinity,
        HookKind.Pattern => 0,
        _ => throw Error($"expected attn_scores or pattern, found {knockOut.Point.Site}"),
    };

    private Freeze RequireFreezable(Freeze freeze) =>
        OverSources || _row.Site.EndsWith("scale", StringComparison.Ordinal)
            ? freeze
            : throw Error($"only pattern, attn_scores and the scale of a norm can be frozen, found {_row.Site}; use Patch");

    private RecordedRows Recorded(TensorValue values, ResolvedScope scope, PositionMap? positions)
    {
        new ValuesCheck(map, lengths, _point, Error).Require(values, scope, positions);
        return new RecordedRows(values.Values, _point.Kind, Math.Max(1, map.Heads(_point)), values.Shape[_row.PosAxis]);
    }

    private RecordedRows Mean(TensorValue mean)
    {
        if (OverSources)
        {
            throw Error($"{_row.Site} needs a mean for each position, as {ValuesCheck.Axes(_row.Axes)}, found {mean}");
        }

        int[] expected = [.. map.Shape(_point, 1, 1).Where((_, axis) => axis != _row.PosAxis)];
        return mean.Shape.AsSpan().SequenceEqual(expected)
            ? new RecordedRows(mean.Values, _point.Kind, Math.Max(1, map.Heads(_point)), null)
            : throw Error($"expected a mean of shape {TensorValue.ShapeText(expected)}, found {mean}");
    }

    private RecordedRows Scaled(Steer steer)
    {
        if (OverSources)
        {
            throw Error($"{_row.Site} has rows of varying width and cannot be steered");
        }

        int[] perHead = [.. map.Shape(_point, 1, 1).Where((_, axis) => axis != _row.PosAxis)];
        int width = perHead[^1];
        float[] scaled = [.. steer.Vector.Values.Select(value => value * steer.Coefficient)];
        int[] found = steer.Vector.Shape;
        if (found.AsSpan().SequenceEqual(perHead))
        {
            return new RecordedRows(scaled, _point.Kind, Math.Max(1, map.Heads(_point)), null);
        }

        if (found is [int only] && only == width)
        {
            int heads = Math.Max(1, map.Heads(_point));
            float[] repeated = [.. Enumerable.Repeat(scaled, heads).SelectMany(row => row)];
            return new RecordedRows(repeated, _point.Kind, heads, null);
        }

        string or = perHead.Length > 1 ? $" or {TensorValue.ShapeText(perHead)}" : "";
        throw Error($"expected a vector of shape [{width}]{or}, found {steer.Vector}");
    }

    private InvalidInputException Error(string problem) => Error(index, intervention, problem);

    private static InvalidInputException Error(int index, Intervention intervention, string problem) =>
        new($"intervention {index}, {intervention}: {problem}");
}

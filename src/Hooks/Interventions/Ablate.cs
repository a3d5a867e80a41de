namespace Interp.Hooks;

/// <summary>What takes the place of an ablated activation.</summary>
public enum AblationKind
{
    /// <summary>Zero.</summary>
    Zero,

    /// <summary>A mean that is the same at every position.</summary>
    Mean,

    /// <summary>A mean for each position.</summary>
    MeanByPosition,

    /// <summary>The values of another prompt's run.</summary>
    Resample,
}

/// <summary>Ablation: an activation is replaced by something that carries no information about the prompt.</summary>
public sealed record Ablate : Intervention
{
    private Ablate(HookPoint point, AblationKind with, TensorValue? values, Scope? scope)
        : base(point, scope ?? Scope.Everything)
    {
        With = with;
        Values = values;
    }

    /// <summary>What takes its place.</summary>
    public AblationKind With { get; }

    /// <summary>The values that do; null for zero.</summary>
    public TensorValue? Values { get; }

    /// <summary>Zero ablation.</summary>
    /// <param name="point">Where.</param>
    /// <param name="scope">On which part; null = everything.</param>
    public static Ablate Zero(HookPoint point, Scope? scope = null) => new(point, AblationKind.Zero, null, scope);

    /// <summary>Mean ablation.</summary>
    /// <param name="point">Where.</param>
    /// <param name="mean">The point's axes without position (one mean) or with it (a mean for each position).</param>
    /// <param name="scope">On which part; null = everything.</param>
    public static Ablate Mean(HookPoint point, TensorValue mean, Scope? scope = null)
    {
        ArgumentNullException.ThrowIfNull(mean);
        bool byPosition = mean.Shape.Count == HookTable.Row(point.Kind).Axes.Length;
        return new(point, byPosition ? AblationKind.MeanByPosition : AblationKind.Mean, mean, scope);
    }

    /// <summary>Resample ablation: the values of another prompt (Chan et al. 2022).</summary>
    /// <param name="point">Where.</param>
    /// <param name="values">The point's activation in the other prompt's run.</param>
    /// <param name="scope">On which part; null = everything.</param>
    public static Ablate Resample(HookPoint point, TensorValue values, Scope? scope = null) =>
        new(point, AblationKind.Resample, values, scope);

    /// <inheritdoc/>
    public override string ToString() => $"Ablate.{With}({Point}; {Scope})";

    internal override void Validate(HookMap map, ScopeCheck check)
    {
        if (With == AblationKind.Mean)
        {
            HookRow table = HookTable.Row(Point.Kind);
            if (table.Axes.Contains(HookAxis.SrcPos))
            {
                throw new InvalidInputException($"{this}: a mean over positions is not defined for attention; expected zero or resample");
            }

            int[] expected = map.Shape(Point, 1, 1)[1..];
            if (!Values!.Shape.SequenceEqual(expected))
            {
                throw WrongShape("mean", TensorValue.Format(expected), Values);
            }
        }
        else if (With != AblationKind.Zero)
        {
            SourceValues.Validate(this, map, Values!, null, check);
        }
    }

    private protected override void EditRow(Span<float> row, int head, int position)
    {
        switch (With)
        {
            case AblationKind.Zero:
                row.Clear();
                break;
            case AblationKind.Mean:
                Values!.Values.Slice(head * row.Length, row.Length).CopyTo(row);
                break;
            default:
                SourceValues.CopyRow(Point.Kind, Values!, null, row, head, position);
                break;
        }
    }
}

namespace Interp.Hooks;

/// <summary>What an ablation puts in place of the values.</summary>
public enum AblationKind
{
    /// <summary>Zeros.</summary>
    Zero,

    /// <summary>One mean for every position.</summary>
    Mean,

    /// <summary>A mean for each position.</summary>
    MeanByPosition,

    /// <summary>The values of an unrelated run.</summary>
    Resample,
}

/// <summary>
/// Takes out what a component says, by zeros, by its mean (Wang et al. 2022, "Interpretability in the Wild") or by its
/// values in an unrelated run (Chan et al. 2022, "Causal Scrubbing").
/// In a causal model attention scores that a destination cannot see stay masked.
/// </summary>
public sealed record Ablate : Intervention
{
    private Ablate(HookPoint point, AblationKind kind, TensorValue? values, Scope? scope)
        : base(point, scope ?? Scope.Everything)
    {
        Kind = kind;
        Values = values;
    }

    /// <summary>What is put in place of the values.</summary>
    public AblationKind Kind { get; }

    /// <summary>The replacement; null for zeros.</summary>
    public TensorValue? Values { get; }

    private protected override string Verb => Kind switch
    {
        AblationKind.Zero => "zero-ablate",
        AblationKind.Mean => "mean-ablate",
        AblationKind.MeanByPosition => "mean-ablate by position",
        _ => "resample-ablate",
    };

    private protected override string Detail => Values is null ? "" : $" with {Values}";

    /// <summary>Replaces values by zeros.</summary>
    /// <param name="point">Where.</param>
    /// <param name="scope">Which part; null = everything.</param>
    public static Ablate Zero(HookPoint point, Scope? scope = null) => new(point, AblationKind.Zero, null, scope);

    /// <summary>Replaces values by a mean.</summary>
    /// <param name="point">Where.</param>
    /// <param name="mean">
    /// The axes of the point without the position axis (one mean for all positions), or with it (a mean for each).
    /// </param>
    /// <param name="scope">Which part; null = everything.</param>
    public static Ablate Mean(HookPoint point, TensorValue mean, Scope? scope = null)
    {
        ArgumentNullException.ThrowIfNull(mean);
        bool byPosition = mean.Shape.Length == HookTable.Row(point.Kind).Axes.Length;
        return new Ablate(point, byPosition ? AblationKind.MeanByPosition : AblationKind.Mean, mean, scope);
    }

    /// <summary>Replaces values by those of an unrelated run, position by position.</summary>
    /// <param name="point">Where.</param>
    /// <param name="values">The point's activation of one whole sequence of that run.</param>
    /// <param name="scope">Which part; null = everything.</param>
    public static Ablate Resample(HookPoint point, TensorValue values, Scope? scope = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new Ablate(point, AblationKind.Resample, values, scope);
    }
}

using Interp.Hooks;

namespace Interp.Runtime.Lanes;

/// <summary>One variant as far as it differs from its base run.</summary>
internal sealed class Lane
{
    /// <summary>Index of the variant in the caller's list.</summary>
    public required int Index { get; init; }

    public required Variant Variant { get; init; }

    /// <summary>All interventions, those of the base run included, for a batch of one.</summary>
    public required InterventionPlan Plan { get; init; }

    /// <summary>Length of the sequence.</summary>
    public required int Length { get; init; }

    /// <summary>Positions whose logits are read, ascending.</summary>
    public required int[] Read { get; init; }

    /// <summary>Layer in which the lane starts to differ; <c>n_layers</c> when only above the blocks.</summary>
    public int StartLayer { get; set; }

    /// <summary>Where in that layer.</summary>
    public LaneEntry Entry { get; set; }

    /// <summary>The step of the block's plan with which <see cref="LaneEntry.Inside"/> begins; -1 for other entries.</summary>
    public int EntryStep { get; set; } = -1;

    /// <summary>First row that ever differs.</summary>
    public int First { get; set; }

    /// <summary>Rows that may differ when the start layer is left: from here ...</summary>
    public int ChangedFrom { get; set; }

    /// <summary>... to here, exclusive.</summary>
    public int ChangedTo { get; set; }

    /// <summary>Where the variant's own interventions change what the base run has, in firing order.</summary>
    public required IReadOnlyList<LaneChange> Changes { get; init; }

    /// <summary>Rows of the stream in front of the start layer that the source run has: position, and row of that run.</summary>
    public IReadOnlyList<(int Position, int Row)> Copied { get; set; } = [];

    /// <summary>Whether every row is computed to the end, because somebody looks at all of them.</summary>
    public bool Whole { get; set; }

    /// <summary>The stream of the changed rows where the next layer begins; null at the start.</summary>
    public float[]? Pending { get; set; }

    /// <summary>What was recorded of the variant, on top of what the base run recorded.</summary>
    public Dictionary<HookPoint, float[]> Recorded { get; } = [];

    /// <summary>Index of the base run.</summary>
    public int Sequence => Variant.Sequence;

    /// <summary>Most rows that the lane ever has.</summary>
    public int Rows => Length - First;

    /// <summary>The layer that all rows from <see cref="First"/> on enter.</summary>
    public int JoinLayer => Entry switch
    {
        LaneEntry.Embed or LaneEntry.Input or LaneEntry.EveryInput => StartLayer,
        LaneEntry.Top => int.MaxValue,
        _ => StartLayer + 1,
    };
}

/// <summary>Positions at which an intervention changes what the base run has at a point.</summary>
/// <param name="Point">The hook point.</param>
/// <param name="From">The first.</param>
/// <param name="To">The last, exclusive.</param>
internal readonly record struct LaneChange(HookPoint Point, int From, int To);

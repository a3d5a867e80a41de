using Interp.Hooks;

namespace Interp.Runtime.Lanes;

/// <summary>From where a change at a hook point has to be computed.</summary>
internal enum LaneEntry
{
    /// <summary>From the embeddings.</summary>
    Embed,

    /// <summary>From a block's input, with keys and values of changed rows computed anew.</summary>
    Input,

    /// <summary>From a block's input, with keys and values of all rows computed anew.</summary>
    EveryInput,

    /// <summary>From a step inside a block.</summary>
    Inside,

    /// <summary>From the stream after the last block.</summary>
    Top,
}

/// <summary>Where a lane takes what a block's steps read of earlier ones.</summary>
/// <param name="Slot">The slot.</param>
/// <param name="Point">The recorded point that shows it.</param>
/// <param name="After">Whether that point's interventions are past; else the step at which the lane enters applies them.</param>
internal readonly record struct LaneGiven(BlockSlot Slot, HookKind Point, bool After);

/// <summary>
/// The places of a block at which a lane can enter: those where everything that is read from there on was recorded, or is the norm of
/// what was recorded.
/// </summary>
internal sealed class LaneEntries
{
    private readonly BlockPlan _plan;
    private readonly LaneGiven[]?[] _given;
    private readonly (LaneEntry Entry, int Step)[] _before;
    private readonly int _project;
    private readonly int _attend;

    public LaneEntries(BlockPlan plan)
    {
        _plan = plan;
        _project = plan.IndexOf(BlockOperation.Project);
        _attend = plan.IndexOf(BlockOperation.Attend);
        _given = [.. plan.Steps.Select((step, i) => step.Operation == BlockOperation.Offer && i > _project ? Given(i) : null)];
        _before = Array.ConvertAll(Enum.GetValues<HookKind>(), Latest);
    }

    /// <summary>What each head reads, in copies of its own.</summary>
    public static IReadOnlyList<HookKind> HeadInputs { get; } = [HookKind.AttnIn, HookKind.QInput, HookKind.KInput, HookKind.VInput];

    /// <summary>The places inside a block at which lanes can enter, ascending.</summary>
    public IEnumerable<int> Places => Enumerable.Range(0, _given.Length).Where(step => _given[step] is not null);

    /// <summary>The entries of a model's blocks.</summary>
    public static LaneEntries Of(ModelConfig config) => new(BlockPlan.Of(config));

    /// <summary>Whether a change at the point changes what other positions of the same layer read.</summary>
    public static bool MovesWithinLayer(HookKind kind) => kind is HookKind.K or HookKind.V or HookKind.KNormScale
        or HookKind.KNormNormalized or HookKind.RotK;

    /// <summary>The latest entry that comes before a point.</summary>
    /// <returns>The entry, and the step of <see cref="LaneEntry.Inside"/>.</returns>
    public (LaneEntry Entry, int Step) Before(HookKind kind) => _before[(int)kind];

    /// <summary>What is given where a lane enters a block; what attention reads is computed of it where it is needed.</summary>
    public IReadOnlyList<LaneGiven> GivenAt(int step) => _given[step]!;

    /// <summary>Whether what attention reads is still needed at a place, as by the FFN that shares its norm.</summary>
    public bool NeedsNormed(int step) => _plan.Live(step).Contains(BlockSlot.Normed);

    /// <summary>Whether queries have yet to read keys.</summary>
    public bool ReadsKeys(int step) => step <= _attend;

    private (LaneEntry Entry, int Step) Latest(HookKind kind)
    {
        int step = _plan.IndexOf(kind);
        return step < 0 ? (kind < HookKind.ResidPre ? LaneEntry.Embed : LaneEntry.Top, -1)
            : step == 0 ? (LaneEntry.Input, -1)
            : step <= _project ? (LaneEntry.EveryInput, -1)
            : (LaneEntry.Inside, Places.Last(place => place <= step));
    }

    // Null where something that is read was not recorded.
    private LaneGiven[]? Given(int place)
    {
        List<LaneGiven> given = [];
        foreach (BlockSlot slot in _plan.Live(place))
        {
            if (slot == BlockSlot.Normed && FollowsFromStream(place))
            {
                continue;
            }

            if (_plan.Shown(slot, place) is not { } shown)
            {
                return null;
            }

            given.Add(new LaneGiven(slot, _plan.Steps[shown].Points[0], After: shown < place));
        }

        return [.. given];
    }

    // The stream is still what attention's norm read.
    private bool FollowsFromStream(int place) => _plan.Shown(BlockSlot.Stream, place) == 0;
}

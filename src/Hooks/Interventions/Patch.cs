namespace Interp.Hooks;

/// <summary>
/// Activation patching: replaces values by those of another run (Vig et al. 2020, "Investigating Gender Bias in Language
/// Models Using Causal Mediation Analysis"; Meng et al. 2022, "Locating and Editing Factual Associations in GPT").
/// </summary>
/// <param name="Point">Where.</param>
/// <param name="Values">
/// The point's activation of one whole source sequence: the axes of the point, with as many positions as that sequence.
/// </param>
/// <param name="Scope">Which part is replaced.</param>
/// <param name="Map">
/// Which position of the source run goes where; null = the same positions. With a map only the mapped positions are
/// replaced, and in attention scores and patterns the map applies to destinations and sources alike; there whole rows can
/// be replaced only where the positions that two rows attend to correspond one to one.
/// </param>
public sealed record Patch(HookPoint Point, TensorValue Values, Scope Scope, PositionMap? Map = null)
    : Intervention(Point, Scope)
{
    /// <summary>Replaces the whole activation.</summary>
    /// <param name="point">Where.</param>
    /// <param name="values">The point's activation of one whole source sequence.</param>
    public Patch(HookPoint point, TensorValue values)
        : this(point, values, Scope.Everything)
    {
    }

    private protected override string Verb => "patch";

    private protected override string Detail => $" with {Values}{(Map is null ? "" : $" at {Map}")}";
}

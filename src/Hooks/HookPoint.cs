using System.Globalization;

namespace Interp.Hooks;

/// <summary>
/// One place in a forward pass: a kind and, for places inside a block, its layer. Created by the factories of
/// <see cref="Hook"/> or by parsing a name with <see cref="HookMap"/>; both give equal values.
/// </summary>
/// <param name="Kind">What is observed there.</param>
/// <param name="Layer">
/// 0-based layer, or -1 for places outside the blocks. A negative layer of a place inside a block counts from the last where a
/// model is asked (<see cref="HookMap.Require"/>): runs and interventions take it, other uses want it resolved.
/// </param>
public readonly record struct HookPoint(HookKind Kind, int Layer)
{
    /// <summary>The short name users type: <c>resid_pre</c>, <c>z</c>, <c>embed</c>.</summary>
    public string Site => HookTable.Row(Kind).Site;

    /// <summary>The canonical TransformerLens name, such as <c>blocks.5.attn.hook_z</c>.</summary>
    public override string ToString() =>
        HookTable.Row(Kind).Name.Replace("{l}", Layer.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}

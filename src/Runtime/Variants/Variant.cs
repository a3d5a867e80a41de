using Interp.Hooks;

namespace Interp.Runtime;

/// <summary>
/// One patched run of one sequence. Without interventions it is the plain run of that sequence.
/// </summary>
/// <param name="Sequence">Index of the sequence in the batch of base runs.</param>
/// <param name="Interventions">
/// What is changed, in this order, written for a batch of this sequence alone: scopes that do not narrow sequences, or that
/// name sequence 0.
/// </param>
public sealed record Variant(int Sequence, IReadOnlyList<Intervention> Interventions)
{
    /// <summary>Points to record, after interventions; each a point of the model, layers from 0.</summary>
    public IReadOnlyList<HookPoint> Observe { get; init; } = [];

    /// <summary>The run in a message: <c>the plain run</c>, <c>the run with blocks.3.attn.hook_z replaced</c>.</summary>
    /// <param name="map">The model's hook points.</param>
    public string Describe(HookMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        string[] names = [.. Interventions.Select(i => map.Name(map.Require(i.Point))).Distinct()];
        return names.Length switch
        {
            0 => "the plain run",
            <= 3 => $"the run with {string.Join(", ", names)} replaced",
            _ => $"the run with {names[0]} and {names.Length - 1} others replaced",
        };
    }
}

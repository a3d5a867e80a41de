using Interp.Hooks;

namespace Interp.Runtime;

/// <summary>
/// Where a run first met values that are infinite or undefined: at the scale of a norm, or in the logits. A stream whose
/// squares overflow float32 has an infinite scale too; without this its logits would silently be zeros.
/// </summary>
/// <param name="Sequence">Index of the sequence in the batch.</param>
/// <param name="Position">Position in the sequence.</param>
/// <param name="Point">The scale of a norm, or the output of the unembedding.</param>
public readonly record struct NonFinite(int Sequence, int Position, HookPoint Point)
{
    /// <summary>What was found, without naming the prompt: <c>expected finite numbers, found ...</c>.</summary>
    /// <param name="map">The model's hook points.</param>
    public string Describe(HookMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        string place = Point == Hook.UnembedOut ? "in the logits" : $"first at {map.Name(Point)}";
        return $"expected finite numbers, found infinite or undefined ones {place} at position {Position}";
    }
}

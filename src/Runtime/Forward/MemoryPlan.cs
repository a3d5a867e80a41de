namespace Interp.Runtime;

/// <summary>
/// Bytes that a run needs at its height, from the code that lays the run out
/// (<see cref="TransformerModel.Plan(IReadOnlyList{int}, RunOptions?)"/>).
/// </summary>
/// <param name="Weights">The weights, held as long as the model is.</param>
/// <param name="Pass">The matrices of the pass, used again by the next one.</param>
/// <param name="Recorded">The activations that are recorded, held as long as the result is.</param>
/// <param name="Logits">The logits, held as long as the result is.</param>
public readonly record struct MemoryPlan(long Weights, long Pass, long Recorded, long Logits)
{
    /// <summary>What the run takes beside the weights.</summary>
    public long Run => Pass + Recorded + Logits;

    /// <summary>Weights and run.</summary>
    public long Peak => Weights + Run;
}

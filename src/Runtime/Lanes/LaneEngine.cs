using Interp.Hooks;
using Interp.Runtime.Forward;
using Interp.Runtime.Lanes;

namespace Interp.Runtime;

/// <summary>
/// The fast engine. A variant differs from its base run only from the patched layer upward and, in a causal model, from the
/// patched position rightward: only these rows are computed, for many variants in one walk up the layers. What the base run
/// has bit for bit is not computed at all. Gives the bits of <see cref="NaiveEngine"/>.
/// </summary>
public sealed class LaneEngine : IVariantEngine
{
    /// <summary>Bytes that are held at a time when nothing is said (<see cref="VariantOptions.MemoryBudget"/>).</summary>
    public const long DefaultMemory = 1L << 30;

    /// <inheritdoc/>
    public string Name => "lanes";

    /// <inheritdoc/>
    public void Run(
        TransformerModel model, TokenBatch batch, IReadOnlyList<Variant> variants, VariantOptions options, VariantHandler handle)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(variants);
        ArgumentNullException.ThrowIfNull(handle);
        new LaneRun(model, batch, new CheckedVariants(model, batch, variants, options), options, handle, options.MemoryBudget ?? DefaultMemory).Run();
    }

    /// <summary>
    /// What source runs (<see cref="VariantOptions.Sources"/>) have to record for all to be taken from them that variants share with them.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="changed">The points that variants change.</param>
    public static IReadOnlyList<HookPoint> SourcePoints(TransformerModel model, IEnumerable<HookPoint> changed)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(changed);
        return [.. LanePlanner.Recorded(model.Config, changed.Select(model.Hooks.Require))];
    }

    /// <summary>Plans without computing more than the base runs.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">The base sequences.</param>
    /// <param name="variants">The variants.</param>
    /// <param name="options">What is read of them.</param>
    /// <returns>The plan in numbers. Multiply-adds are an estimate where variants record or run code of the caller's.</returns>
    /// <exception cref="InvalidInputException">As in <see cref="Run"/>.</exception>
    public static LanePlanSummary Explain(
        TransformerModel model, TokenBatch batch, IReadOnlyList<Variant> variants, VariantOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(variants);
        return new LaneRun(
            model, batch, new CheckedVariants(model, batch, variants, options), options, null, options.MemoryBudget ?? DefaultMemory).Explain();
    }
}

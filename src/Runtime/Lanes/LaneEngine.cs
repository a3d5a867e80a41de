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
    /// <inheritdoc/>
    public string Name => "lanes";

    /// <inheritdoc/>
    public long DefaultMemory => 1L << 30;

    /// <inheritdoc/>
    public void Run(
        TransformerModel model, TokenBatch batch, IReadOnlyList<Variant> variants, VariantOptions options, VariantHandler handle)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(variants);
        ArgumentNullException.ThrowIfNull(handle);
        new LaneRun(model, batch, new CheckedVariants(model, batch, variants, options), options, handle, options.MemoryBudget ?? DefaultMemory).Run();
    }

    /// <inheritdoc/>
    public IReadOnlyList<HookPoint> SourcePoints(TransformerModel model, IEnumerable<HookPoint> changed)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(changed);
        return [.. LanePlanner.Recorded(model.Config, changed.Select(model.Hooks.Require))];
    }

    /// <inheritdoc/>
    public VariantPlan Explain(
        TransformerModel model, TokenBatch batch, IReadOnlyList<Variant> variants, VariantOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(variants);
        return new LaneRun(
            model, batch, new CheckedVariants(model, batch, variants, options), options, null, options.MemoryBudget ?? DefaultMemory).Explain();
    }
}

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
    private const long DefaultBudget = 1L << 30;

    /// <inheritdoc/>
    public string Name => "lanes";

    /// <inheritdoc/>
    public void Run(
        TransformerModel model, TokenBatch batch, IReadOnlyList<Variant> variants, VariantOptions options, VariantHandler handle)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(variants);
        ArgumentNullException.ThrowIfNull(handle);
        VariantChecks.Require(model, batch, variants, options);
        new LaneRun(model, batch, variants, options, handle, options.MemoryBudget ?? DefaultBudget).Run();
    }
}

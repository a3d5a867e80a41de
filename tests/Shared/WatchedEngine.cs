using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Tests;

/// <summary>The default engine, watched.</summary>
internal abstract class WatchedEngine : IVariantEngine
{
    public string Name => "watched";

    public long DefaultMemory => Engine.DefaultMemory;

    protected LaneEngine Engine { get; } = new();

    public abstract void Run(
        TransformerModel model, TokenBatch batch, IReadOnlyList<Variant> variants, VariantOptions options, VariantHandler handle);

    public IReadOnlyList<HookPoint> SourcePoints(TransformerModel model, IEnumerable<HookPoint> changed) => Engine.SourcePoints(model, changed);

    public VariantPlan Explain(TransformerModel model, TokenBatch batch, IReadOnlyList<Variant> variants, VariantOptions options) =>
        Engine.Explain(model, batch, variants, options);
}

namespace Interp.Runtime.Forward;

/// <summary>What the passes of one model share: settings, weights, and memory and tables that outlive a pass.</summary>
internal sealed class ForwardResources(ModelConfig config, ModelWeights weights)
{
    public ModelConfig Config { get; } = config;

    public ModelWeights Weights { get; } = weights;

    public RotaryTables? Rotary { get; } = config.Rotary is { } rotary ? new RotaryTables(rotary) : null;

    public WorkspacePool Memory { get; } = new();
}

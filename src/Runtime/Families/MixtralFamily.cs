namespace Interp.Runtime.Families;

/// <summary>
/// Mixtral (Jiang et al. 2024, "Mixtral of Experts"): Mistral's block with a sparse mixture of gated FFNs. The router's softmax
/// is over all experts; the weights of the chosen ones are renormalised. Reference: transformers, modeling_mixtral.
/// </summary>
public sealed class MixtralFamily() : LlamaStyleFamily("mixtral")
{
    /// <inheritdoc/>
    private protected override RotaryDefaults Rotary => new(Base: 1e6);

    /// <inheritdoc/>
    protected override IReadOnlySet<string> Harmless =>
        HarmlessSettings.With("output_router_logits", "router_aux_loss_coef", "router_jitter_noise");

    /// <inheritdoc/>
    private protected override double NormEpsilon(ConfigReader config) => config.Number("rms_norm_eps", 1e-5);

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        ModelConfig resolved = base.ReadConfig(config);
        return (resolved with
        {
            Experts = config.Int("num_local_experts", 8),
            ExpertsPerToken = config.Int("num_experts_per_tok", 2),
        }).Validated(config.Path);
    }

    /// <inheritdoc/>
    private protected override BlockWeights Block(ModelConfig config, WeightReader reader)
    {
        WeightReader mixture = reader.Under("block_sparse_moe");
        return base.Block(config, reader) with
        {
            Mixture = new MixtureWeights(
                mixture.Linear("gate", config.Experts, config.DModel, bias: false),
                [.. Enumerable.Range(0, config.Experts).Select(e => Expert(config, mixture.Under($"experts.{e}")))]),
        };
    }

    /// <inheritdoc/>
    private protected override FeedForwardWeights? FeedForward(ModelConfig config, WeightReader reader) => null;

    /// <inheritdoc/>
    private protected override int? Window(ConfigReader config) => config.OptionalInt("sliding_window");

    private static FeedForwardWeights Expert(ModelConfig config, WeightReader reader) => new(
        reader.Linear("w1", config.DMlp, config.DModel, bias: false),
        reader.Linear("w3", config.DMlp, config.DModel, bias: false),
        reader.Linear("w2", config.DModel, config.DMlp, bias: false),
        []);
}

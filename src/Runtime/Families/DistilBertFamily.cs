namespace Interp.Runtime.Families;

/// <summary>
/// DistilBERT (Sanh et al. 2019): BERT without token types, under names of its own. Reference: transformers,
/// modeling_distilbert.
/// </summary>
public sealed class DistilBertFamily : EncoderFamily
{
    /// <inheritdoc/>
    public override string ModelType => "distilbert";

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Resolve(
            config, config.Int("dim"), config.Int("n_heads"), config.Int("n_layers"), config.Int("hidden_dim"), "activation")
            .Validated(config.Path);
    }

    /// <inheritdoc/>
    private protected override EncoderNames WeightNames(ModelConfig config) => new()
    {
        Layers = "transformer.layer",
        Query = "attention.q_lin",
        Key = "attention.k_lin",
        Value = "attention.v_lin",
        Output = "attention.out_lin",
        Norm1 = "sa_layer_norm",
        In = "ffn.lin1",
        Out = "ffn.lin2",
        Norm2 = "output_layer_norm",
        HeadDense = "vocab_transform",
        HeadNorm = "vocab_layer_norm",
        Decoder = "vocab_projector",
        Bias = "vocab_projector.bias",
    };
}

namespace Interp.Runtime.Families;

/// <summary>
/// RoBERTa (Liu et al. 2019): BERT's blocks, positions that begin behind the padding token's row, a head of its own.
/// Reference: transformers, modeling_roberta.
/// </summary>
public sealed class RobertaFamily : EncoderFamily
{
    // transformers counts positions from padding_idx + 1, and every checkpoint has the padding token 1.
    private const int FirstPosition = 2;

    /// <inheritdoc/>
    public override string ModelType => "roberta";

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (config.Int("pad_token_id", 1) is var padding && padding + 1 != FirstPosition)
        {
            throw new InvalidInputException($"{config.Path}: pad_token_id: expected {FirstPosition - 1}, found {padding}");
        }

        ModelConfig resolved = ResolveBert(config, tokenTypes: 1);
        return (resolved with { NCtx = resolved.NCtx - FirstPosition }).Validated(config.Path);
    }

    /// <inheritdoc/>
    private protected override EncoderNames WeightNames(ModelConfig config) => new()
    {
        HeadDense = "lm_head.dense",
        HeadNorm = "lm_head.layer_norm",
        Decoder = "lm_head.decoder",
        Bias = "lm_head.bias",
        FirstPosition = FirstPosition,
    };

    /// <inheritdoc/>
    private protected override bool IsUnused(string name) => name.Contains("pooler.", StringComparison.Ordinal);
}

namespace Interp.Runtime.Families;

/// <summary>
/// BERT with its masked-language-model head (Devlin et al. 2019): two token types. Reference: transformers, modeling_bert.
/// </summary>
public sealed class BertFamily : EncoderFamily
{
    /// <inheritdoc/>
    public override string ModelType => "bert";

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return ResolveBert(config, tokenTypes: 2).Validated(config.Path);
    }

    /// <inheritdoc/>
    private protected override EncoderNames WeightNames(ModelConfig config) => new()
    {
        HeadDense = "cls.predictions.transform.dense",
        HeadNorm = "cls.predictions.transform.LayerNorm",
        Decoder = "cls.predictions.decoder",
        Bias = "cls.predictions.bias",
    };

    /// <inheritdoc/>
    private protected override bool IsUnused(string name) =>
        name.Contains("pooler.", StringComparison.Ordinal) || name.StartsWith("cls.seq_relationship.", StringComparison.Ordinal);
}

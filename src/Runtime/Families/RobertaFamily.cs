using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// RoBERTa with its masked-language-model head (Liu et al. 2019): BERT's blocks, positions that start after the padding
/// token's row, and another head. Reference: transformers, modeling_roberta.
/// </summary>
public sealed class RobertaFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "roberta";

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        ModelConfig settings = BertFamily.Settings(config, ModelType);
        if (settings.Activation != ActivationFunction.GeluExact)
        {
            throw new InvalidInputException($"{config.Path}: hidden_act: expected gelu, which the head uses whatever the blocks "
                + $"do, found '{config.Text("hidden_act")}'");
        }

        int padding = config.Int("pad_token_id", 1);
        if (padding < 0 || padding >= settings.DVocab)
        {
            throw new InvalidInputException(
                $"{config.Path}: pad_token_id: expected a token, 0 to {settings.DVocab - 1}, found {padding}");
        }

        return (settings with { PaddingId = padding, NCtx = settings.NCtx - padding - 1 }).Validated(config.Path);
    }

    /// <inheritdoc/>
    public override ModelWeights ReadWeights(ModelConfig config, IWeightSource source)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(source);
        // The pooler reads the encoder but writes nothing that is modelled here.
        source.Ignore(name => name.EndsWith("embeddings.position_ids", StringComparison.Ordinal)
            || name.Contains("pooler.", StringComparison.Ordinal));
        int d = config.DModel, first = config.PaddingId!.Value + 1;
        var reader = new WeightReader(source, "roberta.");
        var head = new WeightReader(source, "lm_head.");
        (EmbeddingTable embedding, Linear? unembedding) = FamilyConfig.Embeddings(
            config, source, reader.Name("embeddings.word_embeddings.weight"), "lm_head.decoder.weight",
            config.HasUnembed ? FamilyConfig.HeadBias(source, "lm_head.decoder.bias", "lm_head.bias", config.DVocab) : null);
        return new ModelWeights
        {
            TokenEmbedding = embedding,
            PositionEmbedding = reader.Read("embeddings.position_embeddings.weight", config.NCtx + first, d)[(first * d)..],
            TokenTypeEmbedding = reader.Read("embeddings.token_type_embeddings.weight", config.TokenTypes, d),
            EmbedNorm = reader.LayerNorm("embeddings.LayerNorm", d),
            Blocks =
            [
                .. Enumerable.Range(0, config.NLayers).Select(l => BertFamily.Block(config, reader.Under($"encoder.layer.{l}"))),
            ],
            MlmHead = !config.MlmHead ? null : new MlmHeadWeights(head.Linear("dense", d, d, bias: true), head.LayerNorm("layer_norm", d)),
            Unembed = unembedding,
        };
    }
}

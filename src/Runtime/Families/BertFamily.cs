using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// BERT with its masked-language-model head (Devlin et al. 2019): bidirectional, post-norm LayerNorm, learned positions,
/// token types, normalised embeddings. Reference: transformers, modeling_bert.
/// </summary>
public sealed class BertFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "bert";

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Settings(config, ModelType).Validated(config.Path);
    }

    /// <summary>The settings of an encoder of BERT's shape.</summary>
    internal static ModelConfig Settings(ConfigReader config, string family)
    {
        config.Only("is_decoder", false);
        config.Accept(
            "directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers", "pooler_size_per_head", "pooler_type");
        string positions = config.Text("position_embedding_type", "absolute");
        if (positions != "absolute")
        {
            throw new InvalidInputException(
                $"{config.Path}: position_embedding_type '{positions}' is not supported; expected absolute");
        }

        int width = config.Int("hidden_size");
        int heads = config.Int("num_attention_heads");
        int head = FamilyConfig.HeadDimension(config, width, heads);
        config.Only("embedding_size", width);
        return new ModelConfig
        {
            Family = family,
            NLayers = config.Int("num_hidden_layers"),
            DModel = width,
            NHeads = heads,
            NKeyValueHeads = heads,
            DHead = head,
            DMlp = config.Int("intermediate_size"),
            DVocab = config.Int("vocab_size"),
            NCtx = config.Int("max_position_embeddings"),
            Block = BlockStyle.PostNorm,
            NormEpsilon = (float)config.Number("layer_norm_eps", 1e-12),
            Positions = PositionKind.Learned,
            Causal = false,
            AttentionScale = 1f / MathF.Sqrt(head),
            Activation = FamilyConfig.Activation(config, "hidden_act", "gelu"),
            TokenTypes = config.Int("type_vocab_size", 2),
            EmbedNorm = true,
            FinalNorm = false,
            MlmHead = true,
            TiedUnembedding = config.Flag("tie_word_embeddings", true),
        };
    }

    /// <inheritdoc/>
    public override ModelWeights ReadWeights(ModelConfig config, IWeightSource source)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(source);
        // The pooler and the next-sentence head read the encoder but write nothing that is modelled here.
        source.Ignore(name => name.EndsWith("embeddings.position_ids", StringComparison.Ordinal)
            || name.Contains("pooler.", StringComparison.Ordinal)
            || name.StartsWith("cls.seq_relationship.", StringComparison.Ordinal));
        int d = config.DModel;
        var reader = new WeightReader(source, source.Contains("embeddings.word_embeddings.weight") ? "" : "bert.");
        var head = new WeightReader(source, "cls.predictions.");
        (EmbeddingTable embedding, Linear? unembedding) = FamilyConfig.Embeddings(
            config, source, reader.Name("embeddings.word_embeddings.weight"), "cls.predictions.decoder.weight",
            config.HasUnembed ? FamilyConfig.HeadBias(source, "cls.predictions.decoder.bias", "cls.predictions.bias", config.DVocab) : null);
        return new ModelWeights
        {
            TokenEmbedding = embedding,
            PositionEmbedding = reader.Read("embeddings.position_embeddings.weight", config.NCtx, d),
            TokenTypeEmbedding = reader.Read("embeddings.token_type_embeddings.weight", config.TokenTypes, d),
            EmbedNorm = reader.LayerNorm("embeddings.LayerNorm", d),
            Blocks = [.. Enumerable.Range(0, config.NLayers).Select(l => Block(config, reader.Under($"encoder.layer.{l}")))],
            MlmHead = !config.MlmHead ? null : new MlmHeadWeights(
                head.Linear("transform.dense", d, d, bias: true), head.LayerNorm("transform.LayerNorm", d)),
            Unembed = unembedding,
        };
    }

    /// <summary>One block of an encoder of BERT's shape.</summary>
    internal static BlockWeights Block(ModelConfig config, WeightReader reader)
    {
        int d = config.DModel;
        return new BlockWeights(
            reader.LayerNorm("attention.output.LayerNorm", d),
            new AttentionWeights(
                reader.Linear("attention.self.query", d, d, bias: true),
                reader.Linear("attention.self.key", d, d, bias: true),
                reader.Linear("attention.self.value", d, d, bias: true),
                reader.Linear("attention.output.dense", d, d, bias: true)),
            reader.LayerNorm("output.LayerNorm", d),
            new FeedForwardWeights(
                reader.Linear("intermediate.dense", config.DMlp, d, bias: true),
                null,
                reader.Linear("output.dense", d, config.DMlp, bias: true),
                []));
    }
}

using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// DistilBERT with its masked-language-model head (Sanh et al. 2019): BERT's blocks under other names, without token types.
/// Sinusoidal positions are stored like learned ones. Reference: transformers, modeling_distilbert.
/// </summary>
public sealed class DistilBertFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "distilbert";

    /// <inheritdoc/>
    protected override IReadOnlySet<string> Harmless =>
        HarmlessSettings.With("sinusoidal_pos_embds", "tie_weights_");

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        int width = config.Int("dim");
        int heads = config.Int("n_heads");
        int head = FamilyConfig.HeadDimension(config, width, heads);
        return new ModelConfig
        {
            Family = ModelType,
            NLayers = config.Int("n_layers"),
            DModel = width,
            NHeads = heads,
            NKeyValueHeads = heads,
            DHead = head,
            DMlp = config.Int("hidden_dim"),
            DVocab = config.Int("vocab_size"),
            NCtx = config.Int("max_position_embeddings"),
            Block = BlockStyle.PostNorm,
            NormEpsilon = 1e-12f,
            Positions = PositionKind.Learned,
            Causal = false,
            AttentionScale = 1f / MathF.Sqrt(head),
            Activation = FamilyConfig.Activation(config, "activation", "gelu"),
            EmbedNorm = true,
            FinalNorm = false,
            MlmHead = true,
            TiedUnembedding = config.Flag("tie_word_embeddings", true),
        }.Validated(config.Path);
    }

    /// <inheritdoc/>
    public override ModelWeights ReadWeights(ModelConfig config, IWeightSource source)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(source);
        source.Ignore(name => name.EndsWith("embeddings.position_ids", StringComparison.Ordinal));
        int d = config.DModel;
        var head = new WeightReader(source);
        WeightReader reader = head.Under("distilbert");
        (EmbeddingTable embedding, Linear? unembedding) = FamilyConfig.Embeddings(
            config, source, reader.Name("embeddings.word_embeddings.weight"), "vocab_projector.weight",
            config.HasUnembed ? source.Read("vocab_projector.bias", config.DVocab) : null);
        return new ModelWeights
        {
            TokenEmbedding = embedding,
            PositionEmbedding = reader.Read("embeddings.position_embeddings.weight", config.NCtx, d),
            EmbedNorm = reader.LayerNorm("embeddings.LayerNorm", d),
            Blocks = [.. Enumerable.Range(0, config.NLayers).Select(l => Block(config, reader.Under($"transformer.layer.{l}")))],
            MlmHead = !config.MlmHead ? null : new MlmHeadWeights(
                head.Linear("vocab_transform", d, d, bias: true), head.LayerNorm("vocab_layer_norm", d)),
            Unembed = unembedding,
        };
    }

    private static BlockWeights Block(ModelConfig config, WeightReader reader)
    {
        int d = config.DModel;
        return new BlockWeights(
            reader.LayerNorm("sa_layer_norm", d),
            new AttentionWeights(
                reader.Linear("attention.q_lin", d, d, bias: true),
                reader.Linear("attention.k_lin", d, d, bias: true),
                reader.Linear("attention.v_lin", d, d, bias: true),
                reader.Linear("attention.out_lin", d, d, bias: true)),
            reader.LayerNorm("output_layer_norm", d),
            new FeedForwardWeights(
                reader.Linear("ffn.lin1", config.DMlp, d, bias: true),
                null,
                reader.Linear("ffn.lin2", d, config.DMlp, bias: true),
                []));
    }
}

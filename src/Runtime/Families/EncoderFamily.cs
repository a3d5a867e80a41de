using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// BERT and its relatives (Devlin et al. 2019): bidirectional post-norm models with learned positions, normalised embeddings and a
/// masked-language-model head. They differ in names, token types and where their positions begin.
/// </summary>
public abstract class EncoderFamily : ModelFamily
{
    /// <inheritdoc/>
    public override ModelWeights ReadWeights(ModelConfig config, IWeightSource source)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(source);
        EncoderNames names = WeightNames(config);
        source.Ignore(name => name.EndsWith("embeddings.position_ids", StringComparison.Ordinal)
            || name == names.Decoder + ".bias"
            || (config.TiedUnembedding && name == names.Decoder + ".weight")
            || IsUnused(name));
        int d = config.DModel;
        var all = new WeightReader(source);
        var reader = new WeightReader(source, source.Contains("embeddings.word_embeddings.weight") ? "" : ModelType + ".");
        float[] embedding = reader.Read("embeddings.word_embeddings.weight", config.DVocab, d);
        float[] positions = reader.Read("embeddings.position_embeddings.weight", config.NCtx + names.FirstPosition, d);
        return new ModelWeights
        {
            TokenEmbedding = embedding,
            PositionEmbedding = positions[(names.FirstPosition * d)..],
            TokenTypeEmbedding = config.TokenTypes > 0
                ? reader.Read("embeddings.token_type_embeddings.weight", config.TokenTypes, d)
                : [],
            EmbedNorm = reader.LayerNorm("embeddings.LayerNorm", d),
            Blocks = [.. Enumerable.Range(0, config.NLayers).Select(l => Block(config, names, reader.Under($"{names.Layers}.{l}")))],
            MlmHead = new MlmHeadWeights(all.Linear(names.HeadDense, d, d, bias: true), all.LayerNorm(names.HeadNorm, d)),
            Unembed = Linear.FromOutputsByInputs(
                config.TiedUnembedding ? embedding : all.Read(names.Decoder + ".weight", config.DVocab, d),
                config.DVocab, d, all.Read(names.Bias, config.DVocab)),
        };
    }

    /// <summary>Where a family keeps its weights.</summary>
    private protected abstract EncoderNames WeightNames(ModelConfig config);

    /// <summary>Whether a tensor belongs to a part that reads the encoder and writes nothing that is modelled here.</summary>
    private protected virtual bool IsUnused(string name) => false;

    /// <summary>What all of them choose.</summary>
    private protected ModelConfig Resolve(ConfigReader config, int width, int heads, int layers, int neurons, string activation) =>
        new()
        {
            Family = ModelType,
            NLayers = layers,
            DModel = width,
            NHeads = heads,
            NKeyValueHeads = heads,
            DHead = FamilyConfig.HeadDimension(config, width, heads),
            DMlp = neurons,
            DVocab = config.Int("vocab_size"),
            NCtx = config.Int("max_position_embeddings"),
            Block = BlockStyle.PostNorm,
            NormEpsilon = (float)config.Number("layer_norm_eps", 1e-12),
            Positions = PositionKind.Learned,
            Causal = false,
            AttentionScale = 1f / MathF.Sqrt(FamilyConfig.HeadDimension(config, width, heads)),
            Activation = FamilyConfig.Activation(config, activation, "gelu"),
            EmbedNorm = true,
            FinalNorm = false,
            MlmHead = true,
            TiedUnembedding = config.Flag("tie_word_embeddings", true),
        };

    /// <summary>The configuration under the names of BERT and RoBERTa.</summary>
    private protected ModelConfig ResolveBert(ConfigReader config, int tokenTypes)
    {
        config.Only("is_decoder", false);
        string positions = config.Text("position_embedding_type", "absolute");
        if (positions != "absolute")
        {
            throw new InvalidInputException(
                $"{config.Path}: position_embedding_type '{positions}' is not supported; expected absolute");
        }

        return Resolve(
            config, config.Int("hidden_size"), config.Int("num_attention_heads"), config.Int("num_hidden_layers"),
            config.Int("intermediate_size"), "hidden_act") with
        { TokenTypes = config.Int("type_vocab_size", tokenTypes) };
    }

    private static BlockWeights Block(ModelConfig config, EncoderNames names, WeightReader reader)
    {
        int d = config.DModel;
        return new BlockWeights(
            reader.LayerNorm(names.Norm1, d),
            new AttentionWeights(
                reader.Linear(names.Query, d, d, bias: true),
                reader.Linear(names.Key, d, d, bias: true),
                reader.Linear(names.Value, d, d, bias: true),
                reader.Linear(names.Output, d, d, bias: true)),
            reader.LayerNorm(names.Norm2, d),
            new FeedForwardWeights(
                reader.Linear(names.In, config.DMlp, d, bias: true), null, reader.Linear(names.Out, d, config.DMlp, bias: true), []));
    }
}

/// <summary>Where an encoder keeps its weights.</summary>
internal sealed record EncoderNames
{
    /// <summary>The list of blocks; names of a block are below it.</summary>
    public string Layers { get; init; } = "encoder.layer";

    /// <summary>Queries.</summary>
    public string Query { get; init; } = "attention.self.query";

    /// <summary>Keys.</summary>
    public string Key { get; init; } = "attention.self.key";

    /// <summary>Values.</summary>
    public string Value { get; init; } = "attention.self.value";

    /// <summary>Output of attention.</summary>
    public string Output { get; init; } = "attention.output.dense";

    /// <summary>Norm after attention.</summary>
    public string Norm1 { get; init; } = "attention.output.LayerNorm";

    /// <summary>Neurons.</summary>
    public string In { get; init; } = "intermediate.dense";

    /// <summary>Output of the FFN.</summary>
    public string Out { get; init; } = "output.dense";

    /// <summary>Norm after the FFN.</summary>
    public string Norm2 { get; init; } = "output.LayerNorm";

    /// <summary>Dense map of the head.</summary>
    public required string HeadDense { get; init; }

    /// <summary>Norm of the head.</summary>
    public required string HeadNorm { get; init; }

    /// <summary>The unembedding, a copy of the token embedding where it is tied.</summary>
    public required string Decoder { get; init; }

    /// <summary>Bias of the unembedding.</summary>
    public required string Bias { get; init; }

    /// <summary>Row of the table that is position 0.</summary>
    public int FirstPosition { get; init; }
}

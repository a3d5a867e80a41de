using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// OPT (Zhang et al. 2022): learned positions whose table starts with two rows that no token uses, ReLU, norms before each
/// part, or after each sum (<c>do_layer_norm_before: false</c>, OPT-350m). Reference: transformers, modeling_opt.
/// <para>
/// OPT-350m stores narrower token vectors and projects them to and from the stream. Both maps are linear and stand alone,
/// so they are multiplied into the embedding and the unembedding, in float64: W_E = E P_in^T, W_U = P_out^T U^T.
/// </para>
/// </summary>
public sealed class OptFamily : ModelFamily
{
    private const int FirstPosition = 2;
    private const string Unembedding = "lm_head.weight";

    /// <inheritdoc/>
    public override string ModelType => "opt";

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Only("layer_norm_elementwise_affine", true);

        // Galactica's names for what OPT always is.
        config.Only("learned_embeddings", true);
        config.Only("scale_embeddings", false);
        bool? bias = config.Has("enable_bias") ? config.Flag("enable_bias", true) : null;
        int width = config.Int("hidden_size");
        int heads = config.Int("num_attention_heads");
        int head = FamilyConfig.HeadDimension(config, width, heads);
        int stored = config.Int("word_embed_proj_dim", width);
        bool before = config.Flag("do_layer_norm_before", true);
        return new ModelConfig
        {
            Family = ModelType,
            NLayers = config.Int("num_hidden_layers"),
            DModel = width,
            NHeads = heads,
            NKeyValueHeads = heads,
            DHead = head,
            DMlp = config.Int("ffn_dim"),
            DVocab = config.Int("vocab_size"),
            NCtx = config.Int("max_position_embeddings"),
            Block = before ? BlockStyle.PreNorm : BlockStyle.PostNorm,
            Positions = PositionKind.Learned,
            AttentionScale = 1f / MathF.Sqrt(head),
            AttentionBias = bias,
            FeedForwardBias = bias,
            Activation = FamilyConfig.Activation(config, "activation_function", "relu"),
            FinalNorm = !config.Flag("_remove_final_layer_norm", false) && before,
            EmbedWidth = stored == width ? null : stored,
            TiedUnembedding = config.Flag("tie_word_embeddings", true),
            BosId = FamilyConfig.Bos(config),
            EosIds = config.Ints("eos_token_id"),
        }.Validated(config.Path);
    }

    /// <inheritdoc/>
    public override ModelWeights ReadWeights(ModelConfig config, IWeightSource source)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(source);
        int d = config.DModel;
        var reader = new WeightReader(source, source.Contains("decoder.embed_tokens.weight") ? "decoder." : "model.decoder.");
        string tokens = reader.Name("embed_tokens.weight");
        (EmbeddingTable embedding, Linear? unembedding) = config.EmbedWidth is { } stored
            ? Projected(config, source, reader, tokens, stored)
            : FamilyConfig.Embeddings(config, source, tokens, Unembedding);
        return new ModelWeights
        {
            TokenEmbedding = embedding,
            PositionEmbedding = reader.Read("embed_positions.weight", config.NCtx + FirstPosition, d)[(FirstPosition * d)..],
            Blocks = [.. Enumerable.Range(0, config.NLayers).Select(l => Block(config, reader.Under($"layers.{l}")))],
            FinalNorm = config.FinalNorm ? reader.LayerNorm("final_layer_norm", d) : null,
            Unembed = unembedding,
        };
    }

    private static (EmbeddingTable Embedding, Linear Unembedding) Projected(
        ModelConfig config, IWeightSource source, WeightReader reader, string tokens, int stored)
    {
        int d = config.DModel, vocabulary = config.DVocab;
        (WeightView narrow, WeightView? own) = FamilyConfig.Matrices(config, source, tokens, Unembedding, stored);
        float[] embedding = narrow.ToTable(vocabulary, stored).ToArray();
        float[] unembedding = own?.ToTable(vocabulary, stored).ToArray() ?? embedding;

        // project_in is [d, stored] and maps the rows of E by its transpose; project_out is [stored, d].
        float[] projectIn = reader.Read("project_in.weight", d, stored);
        float[] projectOut = reader.Read("project_out.weight", stored, d);
        embedding = Product(embedding, projectIn, stored, (row, column) => (column * stored) + row);
        unembedding = Product(unembedding, projectOut, stored, (row, column) => (row * d) + column);
        return (new EmbeddingTable(embedding, d), Linear.FromOutputsByInputs(unembedding, vocabulary, d));
    }

    /// <summary>Rows of <paramref name="rows"/> times a matrix, in float64, rounded once.</summary>
    private static float[] Product(float[] rows, float[] matrix, int inner, Func<int, int, int> index)
    {
        int count = rows.Length / inner, width = matrix.Length / inner;
        var transposed = new double[matrix.Length];
        for (int i = 0; i < transposed.Length; i++)
        {
            transposed[i] = matrix[index(i % inner, i / inner)];
        }

        var product = new float[count * width];
        Parallel.For(0, count, row =>
        {
            for (int column = 0; column < width; column++)
            {
                double sum = 0;
                for (int k = 0; k < inner; k++)
                {
                    sum += rows[(row * inner) + k] * transposed[(column * inner) + k];
                }

                product[(row * width) + column] = (float)sum;
            }
        });
        return product;
    }

    private static BlockWeights Block(ModelConfig config, WeightReader reader)
    {
        int d = config.DModel;
        return new BlockWeights(
            reader.LayerNorm("self_attn_layer_norm", d),
            new AttentionWeights(
                reader.LinearOf("self_attn.q_proj", d, d, config.AttentionBias),
                reader.LinearOf("self_attn.k_proj", d, d, config.AttentionBias),
                reader.LinearOf("self_attn.v_proj", d, d, config.AttentionBias),
                reader.LinearOf("self_attn.out_proj", d, d, config.AttentionBias)),
            reader.LayerNorm("final_layer_norm", d),
            new FeedForwardWeights(
                reader.LinearOf("fc1", config.DMlp, d, config.FeedForwardBias),
                null,
                reader.LinearOf("fc2", d, config.DMlp, config.FeedForwardBias),
                []));
    }
}

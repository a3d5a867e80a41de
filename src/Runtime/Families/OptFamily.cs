using System.Numerics.Tensors;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// OPT (Zhang et al. 2022, "OPT: Open Pre-trained Transformer Language Models"): learned positions stored from row 2 on, ReLU;
/// norms before attention and FFN, or, in the 350m model, after each sum, with a token embedding of its own width that is
/// projected into and out of the stream. Reference: transformers, modeling_opt.
/// </summary>
public sealed class OptFamily : ModelFamily
{
    private const int PositionOffset = 2;

    /// <inheritdoc/>
    public override string ModelType => "opt";

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Only("layer_norm_elementwise_affine", true);
        config.Only("_remove_final_layer_norm", false);
        int width = config.Int("hidden_size"), heads = config.Int("num_attention_heads");
        int head = FamilyConfig.HeadDimension(config, width, heads);
        bool before = config.Flag("do_layer_norm_before", true);
        bool projected = config.Int("word_embed_proj_dim", width) != width;
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
            Activation = FamilyConfig.Activation(config, "activation_function", "relu"),
            FinalNorm = before,
            // A projected embedding is two different maps of the stream once its projections are multiplied into it.
            TiedUnembedding = config.Flag("tie_word_embeddings", true) && !projected,
            BosId = FamilyConfig.Bos(config),
            EosIds = config.Ints("eos_token_id"),
        }.Validated(config.Path);
    }

    /// <inheritdoc/>
    public override ModelWeights ReadWeights(ModelConfig config, IWeightSource source)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(source);
        var reader = new WeightReader(source, source.Contains("decoder.embed_tokens.weight") ? "decoder." : "model.decoder.");
        bool projected = reader.Has("project_in.weight");
        source.Ignore(name => (config.TiedUnembedding || projected) && name == "lm_head.weight");
        int d = config.DModel, positions = config.NCtx + PositionOffset;
        (float[] embedding, Linear unembed) = projected ? Projected(config, reader) : Plain(config, reader, source);
        return new ModelWeights
        {
            TokenEmbedding = embedding,
            PositionEmbedding = reader.Read("embed_positions.weight", positions, d)[(PositionOffset * d)..],
            Blocks = [.. Enumerable.Range(0, config.NLayers).Select(l => Block(config, reader.Under($"layers.{l}")))],
            FinalNorm = config.FinalNorm ? reader.LayerNorm("final_layer_norm", d) : null,
            Unembed = unembed,
        };
    }

    private static (float[] Embedding, Linear Unembed) Plain(ModelConfig config, WeightReader reader, IWeightSource source)
    {
        float[] embedding = reader.Read("embed_tokens.weight", config.DVocab, config.DModel);
        return (embedding, FamilyConfig.Unembedding(config, embedding, source, "lm_head"));
    }

    /// <summary>
    /// The projections are linear and next to the embedding, so they are multiplied into it, in float64: the stream and the
    /// logits are the model's.
    /// </summary>
    private static (float[] Embedding, Linear Unembed) Projected(ModelConfig config, WeightReader reader)
    {
        int d = config.DModel, own = reader.ShapeOf("embed_tokens.weight")[^1];
        float[] tokens = reader.Read("embed_tokens.weight", config.DVocab, own);
        float[] into = reader.Read("project_in.weight", d, own), outOf = reader.Read("project_out.weight", own, d);
        double[] rowsIn = [.. into.Select(w => (double)w)];
        var columnsOut = new double[d * own];
        for (int i = 0; i < own; i++)
        {
            for (int j = 0; j < d; j++)
            {
                columnsOut[(j * own) + i] = outOf[(i * d) + j];
            }
        }

        return (Product(rowsIn), Linear.FromOutputsByInputs(Product(columnsOut), config.DVocab, d));

        // [d_vocab, own] times the rows [d, own].
        float[] Product(double[] rows)
        {
            var result = new float[config.DVocab * d];
            var token = new double[own];
            for (int t = 0; t < config.DVocab; t++)
            {
                TensorPrimitives.ConvertChecked<float, double>(tokens.AsSpan(t * own, own), token);
                for (int j = 0; j < d; j++)
                {
                    result[(t * d) + j] = (float)TensorPrimitives.Dot<double>(token, rows.AsSpan(j * own, own));
                }
            }

            return result;
        }
    }

    private static BlockWeights Block(ModelConfig config, WeightReader reader)
    {
        int d = config.DModel;
        return new BlockWeights(
            reader.LayerNorm("self_attn_layer_norm", d),
            new AttentionWeights(
                Map("self_attn.q_proj", d, d), Map("self_attn.k_proj", d, d), Map("self_attn.v_proj", d, d),
                Map("self_attn.out_proj", d, d)),
            reader.LayerNorm("final_layer_norm", d),
            new FeedForwardWeights(Map("fc1", config.DMlp, d), null, Map("fc2", d, config.DMlp), []));

        Linear Map(string name, int outputs, int inputs) => reader.Linear(name, outputs, inputs, reader.Has(name + ".bias"));
    }
}

using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// TransformerLens' own format, in which people share toy models: <c>model_type: "hooked_transformer"</c>, the keys of
/// HookedTransformerConfig, and weights by TransformerLens' names with a head axis (<c>W_Q</c> [head, d_model, d_head]).
/// Encoders (<c>attention_dir: "bidirectional"</c>) follow HookedEncoder.
/// </summary>
public sealed class HookedTransformerFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "hooked_transformer";

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Only("use_local_attn", false);
        string direction = config.Text("attention_dir", "causal");
        bool encoder = direction == "bidirectional" || (direction == "causal" ? false : throw Unsupported("attention_dir", direction));
        int width = config.Int("d_model");
        int head = config.Int("d_head");
        int heads = config.Int("n_heads", head > 0 ? width / head : 1);
        int layers = config.Int("n_layers");
        bool attnOnly = config.Flag("attn_only", false);
        string positions = config.Text("positional_embedding_type", "standard");
        bool rotary = positions == "rotary";
        string activation = config.Text("act_fn", attnOnly ? "relu" : null);
        return new ModelConfig
        {
            Family = ModelType,
            NLayers = layers,
            DModel = width,
            NHeads = heads,
            NKeyValueHeads = config.Int("n_key_value_heads", heads),
            DHead = head,
            DMlp = attnOnly ? 0 : config.Int("d_mlp", 4 * width),
            DVocab = config.Int("d_vocab"),
            NCtx = config.Int("n_ctx"),
            Block = encoder ? BlockStyle.PostNorm
                : config.Flag("parallel_attn_mlp", false) ? BlockStyle.Parallel : BlockStyle.PreNorm,
            Norm = encoder ? NormKind.LayerNorm : Norm(),
            NormEpsilon = (float)config.Number("eps", 1e-5),
            Positions = positions switch
            {
                "standard" => PositionKind.Learned,
                "rotary" => PositionKind.Rotary,
                "shortformer" => PositionKind.Shortformer,
                "alibi" => PositionKind.Alibi,
                "none" => PositionKind.None,
                _ => throw Unsupported("positional_embedding_type", positions),
            },
            Rotary = rotary
                ? new RotaryConfig(
                    config.Int("rotary_dim", head), config.Number("rotary_base", 10000), config.Flag("rotary_adjacent_pairs", false))
                : null,
            Causal = !encoder,
            AttentionScale = Scale(config, head),
            Activation = activation switch
            {
                "relu" => ActivationFunction.Relu,
                "gelu" => ActivationFunction.GeluExact,
                "gelu_new" or "gelu_fast" or "gelu_pytorch_tanh" => ActivationFunction.GeluTanh,
                "silu" => ActivationFunction.Silu,
                "relu2" => ActivationFunction.ReluSquared,
                _ => throw Unsupported("act_fn", activation),
            },
            Gated = config.Flag("gated_mlp", false),
            TokenTypes = encoder ? 2 : 0,
            EmbedNorm = encoder,
            FinalNorm = !encoder,
            MlmHead = encoder,
        }.Validated(config.Path);

        InvalidInputException Unsupported(string field, string value) =>
            new($"{config.Path}: {field} '{value}' is not supported");
        NormKind Norm()
        {
            string name = config.IsNull("normalization_type") ? "none" : config.Text("normalization_type", "LN");
            bool finalRms = config.Flag("final_rms", false);
            return name switch
            {
                "LN" or "LNPre" when finalRms => throw Unsupported("final_rms with normalization_type", name),
                "LN" or "LNPre" => NormKind.LayerNorm,
                "RMS" or "RMSPre" => NormKind.Rms,
                "none" => NormKind.None,
                _ => throw Unsupported("normalization_type", name),
            };
        }
    }

    /// <inheritdoc/>
    public override ModelWeights ReadWeights(ModelConfig config, IWeightSource source)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(source);
        source.Ignore(name => name.EndsWith(".mask", StringComparison.Ordinal)
            || name.EndsWith(".IGNORE", StringComparison.Ordinal)
            || name.EndsWith(".rotary_sin", StringComparison.Ordinal)
            || name.EndsWith(".rotary_cos", StringComparison.Ordinal)
            || name.StartsWith("nsp_head.", StringComparison.Ordinal)
            || name.StartsWith("pooler.", StringComparison.Ordinal));
        int d = config.DModel;
        var reader = new WeightReader(source);
        bool encoder = config.MlmHead;
        var blocks = new BlockWeights[config.NLayers];
        for (int layer = 0; layer < blocks.Length; layer++)
        {
            blocks[layer] = Block(config, reader.Under($"blocks.{layer}"));
        }

        return new ModelWeights
        {
            TokenEmbedding = reader.View(encoder ? "embed.embed.W_E" : "embed.W_E", config.DVocab, d).ToTable(config.DVocab, d),
            PositionEmbedding = config.Outline.HasPosEmbed
                ? reader.Read(encoder ? "embed.pos_embed.W_pos" : "pos_embed.W_pos", config.NCtx, d)
                : [],
            TokenTypeEmbedding = encoder
                ? reader.Read("embed.token_type_embed.W_token_type", config.TokenTypes, d)
                : [],
            EmbedNorm = encoder ? Norm(config, reader, "embed.ln") : null,
            Blocks = blocks,
            FinalNorm = config.Outline.HasFinalNorm ? Norm(config, reader, "ln_final") : null,
            MlmHead = encoder
                ? new MlmHeadWeights(
                    reader.View("mlm_head.W", d, d).InputsFirst(d, d, reader.Read("mlm_head.b", d)),
                    Norm(config, reader, "mlm_head.ln"))
                : null,
            Unembed = reader.View("unembed.W_U", d, config.DVocab)
                .InputsFirst(d, config.DVocab, reader.Read("unembed.b_U", config.DVocab)),
        };
    }

    // A norm folded into the next weights (LNPre, RMSPre) has neither gain nor bias.
    private static NormWeights Norm(ModelConfig config, WeightReader reader, string name) => new(
        reader.Has(name + ".w") ? reader.Read(name + ".w", config.DModel) : [],
        reader.Has(name + ".b") ? reader.Read(name + ".b", config.DModel) : []);

    private static BlockWeights Block(ModelConfig config, WeightReader reader)
    {
        int d = config.DModel, head = config.DHead, heads = config.NHeads, mlp = config.DMlp;
        bool norms = config.Norm != NormKind.None;
        string shared = config.NKeyValueHeads == heads ? "" : "_";
        var attention = new AttentionWeights(
            Heads("attn.W_Q", "attn.b_Q", heads),
            Heads($"attn.{shared}W_K", $"attn.{shared}b_K", config.NKeyValueHeads),
            Heads($"attn.{shared}W_V", $"attn.{shared}b_V", config.NKeyValueHeads),
            reader.View("attn.W_O", heads, head, d).InputsFirst(heads * head, d, reader.Read("attn.b_O", d)));
        return new BlockWeights(
            norms ? Norm(config, reader, "ln1") : null,
            attention,
            norms && !config.AttnOnly ? Norm(config, reader, "ln2") : null,
            config.AttnOnly ? null : FeedForward());

        // [head, d_model, d_head] to [d_model, head x d_head].
        Linear Heads(string name, string biasName, int count) => reader.View(name, count, d, head).InputsFirst(
            d, count * head, reader.Read(biasName, count, head), new WeightPlace(Stride: head, Block: head, BlockStride: d * head));

        FeedForwardWeights FeedForward()
        {
            float[] bias = reader.Read("mlp.b_in", mlp);
            Linear output = reader.View("mlp.W_out", mlp, d).InputsFirst(mlp, d, reader.Read("mlp.b_out", d));
            Linear input = reader.View("mlp.W_in", d, mlp).InputsFirst(d, mlp, config.Gated ? null : bias);
            return config.Gated
                ? new FeedForwardWeights(
                    reader.View("mlp.W_gate", d, mlp).InputsFirst(d, mlp), input, output, bias)
                : new FeedForwardWeights(input, null, output, []);
        }
    }

    private static float Scale(ConfigReader config, int head)
    {
        if (!config.Flag("use_attn_scale", true))
        {
            return 1f;
        }

        // TransformerLens writes -1 for "the usual square root of d_head".
        double divisor = config.Number("attn_scale", -1);
        return divisor > 0 ? (float)(1 / divisor) : 1f / MathF.Sqrt(head);
    }
}

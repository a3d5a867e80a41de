using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// TransformerLens' own format, in which people share toy models: <c>model_type: "hooked_transformer"</c>, the keys of
/// HookedTransformerConfig, and weights by TransformerLens' names with a head axis (<c>W_Q</c> [head, d_model, d_head]).
/// Encoders (<c>attention_dir: "bidirectional"</c> and an encoder's tensors) follow HookedEncoder.
/// </summary>
public sealed class HookedTransformerFamily : ModelFamily
{
    private const string EncoderEmbedding = "embed.embed.W_E";

    /// <inheritdoc/>
    public override string ModelType => "hooked_transformer";

    /// <inheritdoc/>
    protected override IReadOnlySet<string> Harmless => HarmlessSettings.With(
        "model_name", "use_attn_result", "use_split_qkv_input", "use_hook_mlp_in", "use_attn_in", "ungroup_grouped_query_attention",
        "original_architecture", "from_checkpoint", "checkpoint_index", "checkpoint_label_type", "checkpoint_value", "init_mode",
        "init_weights", "device", "n_devices", "seed", "n_params", "use_hook_tokens", "default_prepend_bos", "tokenizer_prepends_bos",

        // The unembedding is a matrix of its own in this format, whatever it was made from.
        "tie_word_embeddings");

    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        foreach (string field in new[]
                 {
                     "load_in_4bit", "post_embedding_ln", "use_normalization_before_and_after", "use_qk_norm",
                 })
        {
            config.Only(field, false);
        }

        string direction = config.Text("attention_dir", "causal");
        bool causal = direction == "causal" || (direction == "bidirectional" ? false : throw Unsupported(config, "attention_dir", direction));
        int width = config.Int("d_model");
        int head = config.Int("d_head");
        int heads = config.Int("n_heads", head > 0 ? width / head : 1);
        int layers = FamilyConfig.Layers(config, "n_layers");
        bool attnOnly = config.Flag("attn_only", false);
        int vocabulary = config.Int("d_vocab");
        string positions = config.Text("positional_embedding_type", "standard");
        string activation = config.Text("act_fn", attnOnly ? "relu" : null);
        config.Accept("d_mlp", "gated_mlp");
        return new ModelConfig
        {
            Family = ModelType,
            NLayers = layers,
            DModel = width,
            NHeads = heads,
            NKeyValueHeads = config.Int("n_key_value_heads", heads),
            DHead = head,
            DMlp = attnOnly ? 0 : config.Int("d_mlp", 4 * width),
            DVocab = vocabulary,
            DVocabOut = config.Int("d_vocab_out", -1) is var outputs && outputs == -1 ? vocabulary : outputs,
            NCtx = config.Int("n_ctx"),
            Block = config.Flag("parallel_attn_mlp", false) ? BlockStyle.Parallel : BlockStyle.PreNorm,
            Norm = HookedSettings.Norm(config),
            NormEpsilon = (float)config.Number("eps", 1e-5),
            Positions = positions switch
            {
                "standard" => PositionKind.Learned,
                "rotary" => PositionKind.Rotary,
                "shortformer" => PositionKind.Shortformer,
                "alibi" => PositionKind.Alibi,
                "none" => PositionKind.None,
                _ => throw Unsupported(config, "positional_embedding_type", positions),
            },
            Rotary = HookedSettings.Rotary(config, positions == "rotary", head),
            Windows = HookedSettings.Windows(config, layers),
            Causal = causal,
            AttentionScale = HookedSettings.Scale(config, head),
            ScaleByInverseLayer = config.Flag("scale_attn_by_inverse_layer_idx", false),
            ScoreSoftCap = HookedSettings.SoftCap(config, "attn_scores_soft_cap"),
            LogitSoftCap = HookedSettings.SoftCap(config, "output_logits_soft_cap"),
            Activation = activation switch
            {
                "relu" => ActivationFunction.Relu,
                "gelu" => ActivationFunction.GeluExact,
                "gelu_new" or "gelu_fast" or "gelu_pytorch_tanh" => ActivationFunction.GeluTanh,
                "silu" => ActivationFunction.Silu,
                "relu2" => ActivationFunction.ReluSquared,
                _ => throw Unsupported(config, "act_fn", activation),
            },
            Gated = config.Flag("gated_mlp", false),
            BosId = FamilyConfig.Bos(config),
            EosIds = config.Ints("eos_token_id"),
        }.Validated(config.Path);
    }

    /// <summary>
    /// Bidirectional attention is said of two kinds of model, HookedEncoder and a HookedTransformer that sees both sides, with the same
    /// settings: which one it is the names of the tensors tell.
    /// </summary>
    /// <param name="config">The resolved configuration.</param>
    /// <param name="source">Where tensors come from.</param>
    public override ModelConfig Complete(ModelConfig config, IWeightSource source)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(source);
        if (config.Causal || !source.Contains(EncoderEmbedding))
        {
            return config;
        }

        return (config with
        {
            Block = BlockStyle.PostNorm,
            Norm = NormKind.LayerNorm,
            TokenTypes = 2,
            EmbedNorm = true,
            FinalNorm = false,
            MlmHead = true,
        }).Validated(source.Description);
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
            TokenEmbedding = reader.View(encoder ? EncoderEmbedding : "embed.W_E", config.DVocab, d).ToTable(config.DVocab, d),
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
            Unembed = reader.View("unembed.W_U", d, config.DVocabOut)
                .InputsFirst(d, config.DVocabOut, reader.Read("unembed.b_U", config.DVocabOut)),
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

    private static InvalidInputException Unsupported(ConfigReader config, string field, string value) =>
        new($"{config.Path}: {field} '{value}' is not supported");
}

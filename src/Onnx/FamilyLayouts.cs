namespace Interp.Onnx;

/// <summary>The layouts of the families whose names are their own.</summary>
internal static class FamilyLayouts
{
    /// <summary>GPT-NeoX and Pythia.</summary>
    public static FamilyLayout GptNeoX() => FamilyLayout.Of(
        "gpt_neox.",
        new Dictionary<Role, string>
        {
            [Role.TokenEmbedding] = "embed_in",
            [Role.Norm1] = "layers.{l}.input_layernorm",
            [Role.AttentionOutput] = "layers.{l}.attention.dense",
            [Role.Norm2] = "layers.{l}.post_attention_layernorm",
            [Role.FinalNorm] = "final_layer_norm",
        },
        new Module(Role.QueryKeyValue, "gpt_neox.layers.{l}.attention.query_key_value") { Order = HeadOrder.Grouped },
        new Module(Role.FeedForwardIn, "gpt_neox.layers.{l}.mlp.dense_h_to_4h") { Biased = true },
        new Module(Role.FeedForwardOut, "gpt_neox.layers.{l}.mlp.dense_4h_to_h") { Biased = true },
        new Module(Role.Unembed, "embed_out"));

    /// <summary>BLOOM.</summary>
    public static FamilyLayout Bloom() => FamilyLayout.Of(
        "transformer.",
        new Dictionary<Role, string>
        {
            [Role.TokenEmbedding] = "word_embeddings",
            [Role.EmbedNorm] = "word_embeddings_layernorm",
            [Role.Norm1] = "h.{l}.input_layernorm",
            [Role.Norm2] = "h.{l}.post_attention_layernorm",
            [Role.FinalNorm] = "ln_f",
        },
        [.. BloomMaps(biased: true), FamilyLayout.LmHead()]);

    /// <summary>Falcon: old and new blocks differ in the names of their norms.</summary>
    public static FamilyLayout Falcon((string First, string? Second) norms)
    {
        var names = new Dictionary<Role, string>
        {
            [Role.TokenEmbedding] = "word_embeddings",
            [Role.Norm1] = "h.{l}." + norms.First,
            [Role.FinalNorm] = "ln_f",
        };
        if (norms.Second is not null)
        {
            names[Role.Norm2] = "h.{l}." + norms.Second;
        }

        return FamilyLayout.Of("transformer.", names, [.. BloomMaps(biased: false), FamilyLayout.LmHead()]);
    }

    /// <summary>GPT-Neo.</summary>
    public static FamilyLayout GptNeo() => FamilyLayout.Of(
        "transformer.",
        new Dictionary<Role, string>
        {
            [Role.TokenEmbedding] = "wte",
            [Role.PositionEmbedding] = "wpe",
            [Role.Norm1] = "h.{l}.ln_1",
            [Role.Query] = "h.{l}.attn.attention.q_proj",
            [Role.Key] = "h.{l}.attn.attention.k_proj",
            [Role.Value] = "h.{l}.attn.attention.v_proj",
            [Role.Norm2] = "h.{l}.ln_2",
            [Role.FinalNorm] = "ln_f",
        },
        Biased(Role.AttentionOutput, "transformer.h.{l}.attn.attention.out_proj"),
        Biased(Role.FeedForwardIn, "transformer.h.{l}.mlp.c_fc"),
        Biased(Role.FeedForwardOut, "transformer.h.{l}.mlp.c_proj"),
        FamilyLayout.LmHead());

    /// <summary>GPT-J.</summary>
    public static FamilyLayout GptJ() => FamilyLayout.Of(
        "transformer.",
        new Dictionary<Role, string>
        {
            [Role.TokenEmbedding] = "wte",
            [Role.Norm1] = "h.{l}.ln_1",
            [Role.Query] = "h.{l}.attn.q_proj",
            [Role.Key] = "h.{l}.attn.k_proj",
            [Role.Value] = "h.{l}.attn.v_proj",
            [Role.AttentionOutput] = "h.{l}.attn.out_proj",
            [Role.FinalNorm] = "ln_f",
        },
        Biased(Role.FeedForwardIn, "transformer.h.{l}.mlp.fc_in"),
        Biased(Role.FeedForwardOut, "transformer.h.{l}.mlp.fc_out"),
        FamilyLayout.LmHead(biased: true));

    /// <summary>Phi-1 to Phi-2.</summary>
    public static FamilyLayout Phi() => FamilyLayout.Of(
        "model.",
        new Dictionary<Role, string>
        {
            [Role.TokenEmbedding] = "embed_tokens",
            [Role.Norm1] = "layers.{l}.input_layernorm",
            [Role.FinalNorm] = "final_layernorm",
        },
        Biased(Role.Query, "model.layers.{l}.self_attn.q_proj"),
        Biased(Role.Key, "model.layers.{l}.self_attn.k_proj"),
        Biased(Role.Value, "model.layers.{l}.self_attn.v_proj"),
        Biased(Role.AttentionOutput, "model.layers.{l}.self_attn.dense"),
        Biased(Role.FeedForwardIn, "model.layers.{l}.mlp.fc1"),
        Biased(Role.FeedForwardOut, "model.layers.{l}.mlp.fc2"),
        FamilyLayout.LmHead(biased: true));

    /// <summary>OPT, with maps between stream and vocabulary in one of its sizes.</summary>
    public static FamilyLayout Opt(bool projected) => FamilyLayout.Of(
        "model.decoder.",
        new Dictionary<Role, string>
        {
            [Role.TokenEmbedding] = "embed_tokens",
            [Role.PositionEmbedding] = "embed_positions",
            [Role.Norm1] = "layers.{l}.self_attn_layer_norm",
            [Role.Query] = "layers.{l}.self_attn.q_proj",
            [Role.Key] = "layers.{l}.self_attn.k_proj",
            [Role.Value] = "layers.{l}.self_attn.v_proj",
            [Role.AttentionOutput] = "layers.{l}.self_attn.out_proj",
            [Role.Norm2] = "layers.{l}.final_layer_norm",
            [Role.FeedForwardIn] = "layers.{l}.fc1",
            [Role.FeedForwardOut] = "layers.{l}.fc2",
            [Role.FinalNorm] = "final_layer_norm",
        },
        projected
            ? [new(Role.ProjectIn, "model.decoder.project_in"), new(Role.ProjectOut, "model.decoder.project_out"), FamilyLayout.LmHead()]
            : [FamilyLayout.LmHead()]);

    /// <summary>BERT and RoBERTa with their masked-language-model heads.</summary>
    public static FamilyLayout Bert(string family)
    {
        bool roberta = family == "roberta";
        const string Layer = "encoder.layer.{l}.";
        string prefix = family + ".";
        return FamilyLayout.Of(
            prefix,
            new Dictionary<Role, string>
            {
                [Role.TokenEmbedding] = "embeddings.word_embeddings",
                [Role.PositionEmbedding] = "embeddings.position_embeddings",
                [Role.TokenTypeEmbedding] = "embeddings.token_type_embeddings",
                [Role.EmbedNorm] = "embeddings.LayerNorm",
                [Role.Norm1] = Layer + "attention.output.LayerNorm",
                [Role.Norm2] = Layer + "output.LayerNorm",
            },
            Biased(Role.Query, prefix + Layer + "attention.self.query"),
            Biased(Role.Key, prefix + Layer + "attention.self.key"),
            Biased(Role.Value, prefix + Layer + "attention.self.value"),
            Biased(Role.AttentionOutput, prefix + Layer + "attention.output.dense"),
            Biased(Role.FeedForwardIn, prefix + Layer + "intermediate.dense"),
            Biased(Role.FeedForwardOut, prefix + Layer + "output.dense"),
            Biased(Role.HeadDense, roberta ? "lm_head.dense" : "cls.predictions.transform.dense"),
            new Module(Role.HeadNorm, roberta ? "lm_head.layer_norm" : "cls.predictions.transform.LayerNorm"),
            Biased(Role.Unembed, roberta ? "lm_head.decoder" : "cls.predictions.decoder") with
            {
                BiasName = roberta ? "lm_head.bias" : "cls.predictions.bias",
            });
    }

    /// <summary>DistilBERT with its masked-language-model head.</summary>
    public static FamilyLayout DistilBert()
    {
        const string Layer = "distilbert.transformer.layer.{l}.";
        return FamilyLayout.Of(
            "distilbert.",
            new Dictionary<Role, string>
            {
                [Role.TokenEmbedding] = "embeddings.word_embeddings",
                [Role.PositionEmbedding] = "embeddings.position_embeddings",
                [Role.EmbedNorm] = "embeddings.LayerNorm",
                [Role.Norm1] = "transformer.layer.{l}.sa_layer_norm",
                [Role.Norm2] = "transformer.layer.{l}.output_layer_norm",
            },
            Biased(Role.Query, Layer + "attention.q_lin"),
            Biased(Role.Key, Layer + "attention.k_lin"),
            Biased(Role.Value, Layer + "attention.v_lin"),
            Biased(Role.AttentionOutput, Layer + "attention.out_lin"),
            Biased(Role.FeedForwardIn, Layer + "ffn.lin1"),
            Biased(Role.FeedForwardOut, Layer + "ffn.lin2"),
            Biased(Role.HeadDense, "vocab_transform"),
            new Module(Role.HeadNorm, "vocab_layer_norm"),
            Biased(Role.Unembed, "vocab_projector"));
    }

    private static Module[] BloomMaps(bool biased) =>
    [
        new(Role.QueryKeyValue, "transformer.h.{l}.self_attention.query_key_value")
        {
            Order = HeadOrder.Grouped,
            Biased = biased,
        },
        new(Role.AttentionOutput, "transformer.h.{l}.self_attention.dense") { Biased = biased },
        new(Role.FeedForwardIn, "transformer.h.{l}.mlp.dense_h_to_4h") { Biased = biased },
        new(Role.FeedForwardOut, "transformer.h.{l}.mlp.dense_4h_to_h") { Biased = biased },
    ];

    private static Module Biased(Role role, string path) => new(role, path) { Biased = true };
}

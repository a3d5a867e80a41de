namespace Interp.Hooks;

/// <summary>
/// The kinds of places in a forward pass where an activation can be observed or replaced. One value per row of
/// <see cref="HookTable"/>, which gives its name, axes and condition.
/// </summary>
public enum HookKind
{
    /// <summary>Token embedding, [pos, d_model].</summary>
    Embed,

    /// <summary>Learned position embedding, [pos, d_model].</summary>
    PosEmbed,

    /// <summary>Token type (segment) embedding, [pos, d_model].</summary>
    TokenTypeEmbed,

    /// <summary>Scale of the norm over the summed embeddings, [pos, 1].</summary>
    EmbedNormScale,

    /// <summary>Summed embeddings after mean and scale, before gain and bias, [pos, d_model].</summary>
    EmbedNormNormalized,

    /// <summary>What enters the first block of a model that normalises its embeddings, [pos, d_model].</summary>
    FullEmbed,

    /// <summary>The residual stream entering a block, [pos, d_model].</summary>
    ResidPre,

    /// <summary>The stream as each head's attention input reads it, before the norm, [pos, head, d_model].</summary>
    AttnIn,

    /// <summary>The stream as each head's query reads it, before the norm, [pos, head, d_model].</summary>
    QInput,

    /// <summary>The stream as each head's key reads it, before the norm, [pos, kv_head, d_model].</summary>
    KInput,

    /// <summary>The stream as each head's value reads it, before the norm, [pos, kv_head, d_model].</summary>
    VInput,

    /// <summary>Scale of the block's first norm (standard deviation or RMS, with epsilon), [pos, 1].</summary>
    Ln1Scale,

    /// <summary>Output of the first norm before gain and bias, [pos, d_model].</summary>
    Ln1Normalized,

    /// <summary>Queries with bias, before rotary, [pos, head, d_head].</summary>
    Q,

    /// <summary>Keys with bias, before rotary, [pos, kv_head, d_head].</summary>
    K,

    /// <summary>Values with bias, [pos, kv_head, d_head].</summary>
    V,

    /// <summary>Queries after rotary, [pos, head, d_head].</summary>
    RotQ,

    /// <summary>Keys after rotary, [pos, kv_head, d_head].</summary>
    RotK,

    /// <summary>Attention scores after scale, position bias and mask (-inf), [head, dest_pos, src_pos].</summary>
    AttnScores,

    /// <summary>Attention pattern, softmax of the scores over source positions, [head, dest_pos, src_pos].</summary>
    Pattern,

    /// <summary>Pattern-weighted sum of values, before W_O, [pos, head, d_head].</summary>
    Z,

    /// <summary>What each head writes, z W_O without the output bias, [pos, head, d_model].</summary>
    Result,

    /// <summary>What attention adds to the stream, with the output bias, [pos, d_model].</summary>
    AttnOut,

    /// <summary>The stream between attention and FFN, [pos, d_model].</summary>
    ResidMid,

    /// <summary>The stream as the FFN reads it, before the norm, [pos, d_model].</summary>
    MlpIn,

    /// <summary>Scale of the block's second norm, [pos, 1].</summary>
    Ln2Scale,

    /// <summary>Output of the second norm before gain and bias, [pos, d_model].</summary>
    Ln2Normalized,

    /// <summary>FFN pre-activations (of the gate in a gated FFN), [pos, d_mlp].</summary>
    Pre,

    /// <summary>The linear branch of a gated FFN, [pos, d_mlp].</summary>
    PreLinear,

    /// <summary>Neuron activations, [pos, d_mlp].</summary>
    Post,

    /// <summary>What the FFN adds to the stream, [pos, d_model].</summary>
    MlpOut,

    /// <summary>The stream leaving a block (in a post-norm block: before its last norm), [pos, d_model].</summary>
    ResidPost,

    /// <summary>Output of a post-norm block, after its last norm, [pos, d_model].</summary>
    NormalizedResidPost,

    /// <summary>Scale of the final norm, [pos, 1].</summary>
    FinalScale,

    /// <summary>Output of the final norm before gain and bias, [pos, d_model].</summary>
    FinalNormalized,

    /// <summary>Pre-activations of the masked-language-model head's transform, [pos, d_model].</summary>
    MlmPre,

    /// <summary>Scale of the norm in the masked-language-model head, [pos, 1].</summary>
    MlmScale,

    /// <summary>Output of the norm in the masked-language-model head before gain and bias, [pos, d_model].</summary>
    MlmNormalized,

    /// <summary>What the unembedding reads, [pos, d_model].</summary>
    UnembedIn,

    /// <summary>The logits, [pos, d_vocab].</summary>
    UnembedOut,
}

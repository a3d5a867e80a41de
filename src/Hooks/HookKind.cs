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

    /// <summary>Queries with bias, before norm and rotary, [pos, head, d_head].</summary>
    Q,

    /// <summary>Keys with bias, before norm and rotary, [pos, kv_head, d_head].</summary>
    K,

    /// <summary>Values with bias, [pos, kv_head, d_head].</summary>
    V,

    /// <summary>Scale of the norm over each head's query, [pos, head, 1].</summary>
    QNormScale,

    /// <summary>Queries after mean and scale of their norm, before gain and bias, [pos, head, d_head].</summary>
    QNormNormalized,

    /// <summary>Scale of the norm over each head's key, [pos, kv_head, 1].</summary>
    KNormScale,

    /// <summary>Keys after mean and scale of their norm, before gain and bias, [pos, kv_head, d_head].</summary>
    KNormNormalized,

    /// <summary>Queries after rotary, [pos, head, d_head].</summary>
    RotQ,

    /// <summary>Keys after rotary, [pos, kv_head, d_head].</summary>
    RotK,

    /// <summary>Attention scores after scale, soft-cap, position bias and mask (-inf), [head, dest_pos, src_pos].</summary>
    AttnScores,

    /// <summary>Attention pattern, softmax of the scores over source positions, [head, dest_pos, src_pos].</summary>
    Pattern,

    /// <summary>Pattern-weighted sum of values, before W_O, [pos, head, d_head].</summary>
    Z,

    /// <summary>What each head writes, z W_O without the output bias, [pos, head, d_model].</summary>
    Result,

    /// <summary>Scale of the norm over attention's output, [pos, 1].</summary>
    Ln1PostScale,

    /// <summary>Attention's output after mean and scale of its norm, before gain and bias, [pos, d_model].</summary>
    Ln1PostNormalized,

    /// <summary>What attention adds to the stream, with the output bias and after <c>ln1_post</c>, [pos, d_model].</summary>
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

    /// <summary>Router's softmax over all experts, [pos, expert].</summary>
    ExpertWeights,

    /// <summary>The chosen experts, greatest weight first, [pos, expert_slot].</summary>
    ExpertIndices,

    /// <summary>Pre-activations of the chosen experts (of the gate in gated ones), [pos, expert_slot, d_mlp].</summary>
    ExpertPre,

    /// <summary>The linear branch of the chosen experts, [pos, expert_slot, d_mlp].</summary>
    ExpertPreLinear,

    /// <summary>Neuron activations of the chosen experts, before the router's weight, [pos, expert_slot, d_mlp].</summary>
    ExpertPost,

    /// <summary>Scale of the norm over the FFN's output, [pos, 1].</summary>
    Ln2PostScale,

    /// <summary>The FFN's output after mean and scale of its norm, before gain and bias, [pos, d_model].</summary>
    Ln2PostNormalized,

    /// <summary>What the FFN adds to the stream, after <c>ln2_post</c>, [pos, d_model].</summary>
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

    /// <summary>The logits, before a final soft-cap, [pos, d_vocab].</summary>
    UnembedOut,
}

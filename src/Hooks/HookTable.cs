using System.Collections.Immutable;
using static Interp.Hooks.HookAxis;

namespace Interp.Hooks;

/// <summary>One row of <see cref="HookTable"/>.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Name">Canonical TransformerLens name; <c>{l}</c> stands for the layer.</param>
/// <param name="Site">Short name: <c>z</c>, <c>resid_pre</c>. Norm points carry the norm: <c>ln1.scale</c>.</param>
/// <param name="Axes">Axes of the activation of one sequence.</param>
/// <param name="Presence">When the point exists in a model.</param>
/// <param name="OnRequest">Fires only when somebody asks for it (TransformerLens' <c>use_...</c> points and our own).</param>
public sealed record HookRow(
    HookKind Kind, string Name, string Site, ImmutableArray<HookAxis> Axes, HookPresence Presence, bool OnRequest = false)
{
    /// <summary>Whether the point is inside a block, once per layer.</summary>
    public bool PerLayer => Name.StartsWith("blocks.", StringComparison.Ordinal);

    /// <summary>Whether a model has the point.</summary>
    /// <param name="outline">The model.</param>
    public bool IsIn(ModelOutline outline)
    {
        ArgumentNullException.ThrowIfNull(outline);
        return Presence.Holds(outline, Kind);
    }

    /// <summary>Position of the <see cref="Pos"/> axis.</summary>
    public int PosAxis => Axes.IndexOf(Pos);

    /// <summary>Position of the head axis, or of the axis of expert slots, which is treated as heads are; -1 without.</summary>
    public int HeadAxis => Math.Max(Axes.IndexOf(ExpertSlot), Math.Max(Axes.IndexOf(Head), Axes.IndexOf(KeyValueHead)));
}

/// <summary>
/// When a hook point exists: a test on the model's outline and the reason told when it fails.
/// </summary>
/// <param name="Holds">Whether a model with this outline has the point.</param>
/// <param name="Absent">Why a model does not have it; completes "this model has no ... because".</param>
public sealed record HookPresence(Func<ModelOutline, HookKind, bool> Holds, string Absent);

/// <summary>
/// The one table of hook points. Names are those of TransformerLens 3; parser, shapes, documentation and tests are
/// derived from it.
/// </summary>
public static class HookTable
{
    private static readonly HookPresence Always = new((_, _) => true, "");
    private static readonly HookPresence LearnedPositions = new((m, _) => m.HasPosEmbed, "it has no learned positions");
    private static readonly HookPresence TokenTypes = new((m, _) => m.HasTokenTypes, "it has no token types");
    private static readonly HookPresence EmbedNorm = new((m, _) => m.HasEmbedNorm, "it does not normalise its embeddings");
    private static readonly HookPresence Ln1 = InBlock("it has no norms, or none before attention (use ln1_post)");
    private static readonly HookPresence Ln2 = InBlock(
        "its blocks have no second norm (attention only, one norm shared by attention and FFN, norms after the parts, or no norms)");
    private static readonly HookPresence Ln1Post = InBlock("no norm stands between its attention and the sum");
    private static readonly HookPresence Ln2Post = InBlock("no norm stands between its FFN and the sum");
    private static readonly HookPresence QkNorm = InBlock("it does not normalise queries and keys");
    private static readonly HookPresence PreNormInput = InBlock("its blocks normalise after each part, so every part reads the stream itself");
    private static readonly HookPresence SharedInput = InBlock(
        "its blocks normalise after each part, or its heads share keys and values (use q_input, k_input and v_input)");
    private static readonly HookPresence Rotary = InBlock("its positions are not rotary");
    private static readonly HookPresence Mlp = InBlock("it is attention only");
    private static readonly HookPresence Dense = InBlock("it is attention only, or its FFN is a mixture of experts (use expert_pre, expert_post)");
    private static readonly HookPresence Mixture = InBlock("its FFN is not a mixture of experts");
    private static readonly HookPresence GatedMixture = InBlock("its FFN is not a mixture of gated experts");
    private static readonly HookPresence MlpInput = InBlock(
        "its FFN has no input of its own before a norm (attention only, shared norm, or post-norm)");
    private static readonly HookPresence Middle = InBlock("it is attention only or runs attention and FFN in parallel, so there is no middle");
    private static readonly HookPresence Gated = InBlock("its FFN is not gated, or is a mixture of experts (use expert_pre_linear)");
    private static readonly HookPresence PostNorm = InBlock("its blocks do not end in a norm");
    private static readonly HookPresence FinalNorm = new((m, _) => m.HasFinalNorm, "it has no final norm");
    private static readonly HookPresence MlmHead = new((m, _) => m.HasMlmHead, "it has no masked-language-model head");
    private static readonly HookPresence Unembed = new((m, _) => m.HasUnembed, "it has no unembedding");

    /// <summary>All rows, in the firing order of a pre-norm block.</summary>
    public static ImmutableArray<HookRow> Rows { get; } =
    [
        new(HookKind.Embed, "hook_embed", "embed", [Pos, DModel], Always),
        new(HookKind.PosEmbed, "hook_pos_embed", "pos_embed", [Pos, DModel], LearnedPositions),
        new(HookKind.TokenTypeEmbed, "embed.hook_token_type_embed", "token_type_embed", [Pos, DModel], TokenTypes),
        new(HookKind.EmbedNormScale, "embed.ln.hook_scale", "embed.ln.scale", [Pos, One], EmbedNorm),
        new(HookKind.EmbedNormNormalized, "embed.ln.hook_normalized", "embed.ln.normalized", [Pos, DModel], EmbedNorm),
        new(HookKind.FullEmbed, "hook_full_embed", "full_embed", [Pos, DModel], EmbedNorm),
        new(HookKind.ResidPre, "blocks.{l}.hook_resid_pre", "resid_pre", [Pos, DModel], Always),
        new(HookKind.AttnIn, "blocks.{l}.hook_attn_in", "attn_in", [Pos, Head, DModel], SharedInput, true),
        new(HookKind.QInput, "blocks.{l}.hook_q_input", "q_input", [Pos, Head, DModel], PreNormInput, true),
        new(HookKind.KInput, "blocks.{l}.hook_k_input", "k_input", [Pos, KeyValueHead, DModel], PreNormInput, true),
        new(HookKind.VInput, "blocks.{l}.hook_v_input", "v_input", [Pos, KeyValueHead, DModel], PreNormInput, true),
        new(HookKind.Ln1Scale, "blocks.{l}.ln1.hook_scale", "ln1.scale", [Pos, One], Ln1),
        new(HookKind.Ln1Normalized, "blocks.{l}.ln1.hook_normalized", "ln1.normalized", [Pos, DModel], Ln1),
        new(HookKind.Q, "blocks.{l}.attn.hook_q", "q", [Pos, Head, DHead], Always),
        new(HookKind.K, "blocks.{l}.attn.hook_k", "k", [Pos, KeyValueHead, DHead], Always),
        new(HookKind.V, "blocks.{l}.attn.hook_v", "v", [Pos, KeyValueHead, DHead], Always),
        new(HookKind.QNormScale, "blocks.{l}.attn.q_norm.hook_scale", "q_norm.scale", [Pos, Head, One], QkNorm),
        new(
            HookKind.QNormNormalized, "blocks.{l}.attn.q_norm.hook_normalized", "q_norm.normalized", [Pos, Head, DHead], QkNorm),
        new(HookKind.KNormScale, "blocks.{l}.attn.k_norm.hook_scale", "k_norm.scale", [Pos, KeyValueHead, One], QkNorm),
        new(
            HookKind.KNormNormalized, "blocks.{l}.attn.k_norm.hook_normalized", "k_norm.normalized",
            [Pos, KeyValueHead, DHead], QkNorm),
        new(HookKind.RotQ, "blocks.{l}.attn.hook_rot_q", "rot_q", [Pos, Head, DHead], Rotary),
        new(HookKind.RotK, "blocks.{l}.attn.hook_rot_k", "rot_k", [Pos, KeyValueHead, DHead], Rotary),
        new(HookKind.AttnScores, "blocks.{l}.attn.hook_attn_scores", "attn_scores", [Head, Pos, SrcPos], Always),
        new(HookKind.Pattern, "blocks.{l}.attn.hook_pattern", "pattern", [Head, Pos, SrcPos], Always),
        new(HookKind.Z, "blocks.{l}.attn.hook_z", "z", [Pos, Head, DHead], Always),
        new(HookKind.Result, "blocks.{l}.attn.hook_result", "result", [Pos, Head, DModel], Always),
        new(HookKind.Ln1PostScale, "blocks.{l}.ln1_post.hook_scale", "ln1_post.scale", [Pos, One], Ln1Post),
        new(
            HookKind.Ln1PostNormalized, "blocks.{l}.ln1_post.hook_normalized", "ln1_post.normalized", [Pos, DModel], Ln1Post),
        new(HookKind.AttnOut, "blocks.{l}.hook_attn_out", "attn_out", [Pos, DModel], Always),
        new(HookKind.ResidMid, "blocks.{l}.hook_resid_mid", "resid_mid", [Pos, DModel], Middle),
        new(HookKind.MlpIn, "blocks.{l}.hook_mlp_in", "mlp_in", [Pos, DModel], MlpInput, true),
        new(HookKind.Ln2Scale, "blocks.{l}.ln2.hook_scale", "ln2.scale", [Pos, One], Ln2),
        new(HookKind.Ln2Normalized, "blocks.{l}.ln2.hook_normalized", "ln2.normalized", [Pos, DModel], Ln2),
        new(HookKind.Pre, "blocks.{l}.mlp.hook_pre", "pre", [Pos, DMlp], Dense),
        new(HookKind.PreLinear, "blocks.{l}.mlp.hook_pre_linear", "pre_linear", [Pos, DMlp], Gated),
        new(HookKind.Post, "blocks.{l}.mlp.hook_post", "post", [Pos, DMlp], Dense),
        new(HookKind.ExpertWeights, "blocks.{l}.mlp.hook_expert_weights", "expert_weights", [Pos, Expert], Mixture),
        new(HookKind.ExpertIndices, "blocks.{l}.mlp.hook_expert_indices", "expert_indices", [Pos, ExpertSlot], Mixture),
        new(HookKind.ExpertPre, "blocks.{l}.mlp.hook_expert_pre", "expert_pre", [Pos, ExpertSlot, DMlp], Mixture),
        new(
            HookKind.ExpertPreLinear, "blocks.{l}.mlp.hook_expert_pre_linear", "expert_pre_linear", [Pos, ExpertSlot, DMlp],
            GatedMixture),
        new(HookKind.ExpertPost, "blocks.{l}.mlp.hook_expert_post", "expert_post", [Pos, ExpertSlot, DMlp], Mixture),
        new(HookKind.Ln2PostScale, "blocks.{l}.ln2_post.hook_scale", "ln2_post.scale", [Pos, One], Ln2Post),
        new(
            HookKind.Ln2PostNormalized, "blocks.{l}.ln2_post.hook_normalized", "ln2_post.normalized", [Pos, DModel], Ln2Post),
        new(HookKind.MlpOut, "blocks.{l}.hook_mlp_out", "mlp_out", [Pos, DModel], Mlp),
        new(HookKind.ResidPost, "blocks.{l}.hook_resid_post", "resid_post", [Pos, DModel], Always),
        new(
            HookKind.NormalizedResidPost, "blocks.{l}.hook_normalized_resid_post", "normalized_resid_post", [Pos, DModel],
            PostNorm),
        new(HookKind.FinalScale, "ln_final.hook_scale", "ln_final.scale", [Pos, One], FinalNorm),
        new(HookKind.FinalNormalized, "ln_final.hook_normalized", "ln_final.normalized", [Pos, DModel], FinalNorm),
        new(HookKind.MlmPre, "mlm_head.hook_pre", "mlm_head.pre", [Pos, DModel], MlmHead, true),
        new(HookKind.MlmScale, "mlm_head.ln.hook_scale", "mlm_head.ln.scale", [Pos, One], MlmHead),
        new(HookKind.MlmNormalized, "mlm_head.ln.hook_normalized", "mlm_head.ln.normalized", [Pos, DModel], MlmHead),
        new(HookKind.UnembedIn, "unembed.hook_in", "unembed.in", [Pos, DModel], Always, true),
        new(HookKind.UnembedOut, "unembed.hook_out", "unembed.out", [Pos, DVocab], Unembed, true),
    ];

    /// <summary>The row of a kind.</summary>
    /// <param name="kind">The kind.</param>
    public static HookRow Row(HookKind kind) => Rows[(int)kind];

    // What a block is, is said by the outline's list of its points; here stands why one may not be among them.
    private static HookPresence InBlock(string absent) => new((m, kind) => m.BlockPoints.Contains(kind), absent);
}

namespace Interp.Hooks;

/// <summary>Other names that users of TransformerLens know. Accepted on input, never printed.</summary>
internal static class HookAliases
{
    /// <summary>Word aliases of sites.</summary>
    public static string Site(string name) => name switch
    {
        "attn" => "pattern",
        "attn_logits" => "attn_scores",
        "key" => "k",
        "query" => "q",
        "value" => "v",
        "mlp_pre" => "pre",
        "mlp_post" => "post",
        _ => name,
    };

    /// <summary>The norm that a layer type after a shorthand means, or null.</summary>
    public static string? Norm(string type) => type is "ln1" or "ln2" ? type : null;

    /// <summary>Names of TransformerLens 3's bridge, with <c>{l}</c> for the layer. A gated FFN calls its gate <c>pre</c>.</summary>
    public static HookKind? Bridge(string name, bool gated) => name switch
    {
        "embed.hook_out" => HookKind.Embed,
        "pos_embed.hook_out" => HookKind.PosEmbed,
        "blocks.{l}.hook_in" => HookKind.ResidPre,
        "blocks.{l}.hook_out" => HookKind.ResidPost,
        "blocks.{l}.ln2.hook_in" => HookKind.ResidMid,
        "blocks.{l}.attn.q.hook_out" => HookKind.Q,
        "blocks.{l}.attn.k.hook_out" => HookKind.K,
        "blocks.{l}.attn.v.hook_out" => HookKind.V,
        "blocks.{l}.attn.o.hook_in" => HookKind.Z,
        "blocks.{l}.attn.hook_out" => HookKind.AttnOut,
        "blocks.{l}.mlp.hook_out" => HookKind.MlpOut,
        "blocks.{l}.mlp.in.hook_out" => gated ? HookKind.PreLinear : HookKind.Pre,
        "blocks.{l}.mlp.gate.hook_out" => HookKind.Pre,
        "blocks.{l}.mlp.out.hook_in" => HookKind.Post,
        _ => null,
    };
}

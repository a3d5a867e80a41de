namespace Interp.Hooks;

/// <summary>Typed access to hook points: <c>Hook.Z(5)</c> is the same value as parsing <c>"z5"</c>.</summary>
public static class Hook
{
    /// <summary>Token embedding.</summary>
    public static HookPoint Embed => new(HookKind.Embed, -1);

    /// <summary>Learned position embedding.</summary>
    public static HookPoint PosEmbed => new(HookKind.PosEmbed, -1);

    /// <summary>Token type embedding.</summary>
    public static HookPoint TokenTypeEmbed => new(HookKind.TokenTypeEmbed, -1);

    /// <summary>Scale of the final norm.</summary>
    public static HookPoint FinalScale => new(HookKind.FinalScale, -1);

    /// <summary>Output of the final norm before gain and bias.</summary>
    public static HookPoint FinalNormalized => new(HookKind.FinalNormalized, -1);

    /// <summary>What the unembedding reads.</summary>
    public static HookPoint UnembedIn => new(HookKind.UnembedIn, -1);

    /// <summary>The logits.</summary>
    public static HookPoint UnembedOut => new(HookKind.UnembedOut, -1);

    /// <summary>The stream entering block <paramref name="layer"/>.</summary>
    /// <param name="layer">0-based layer.</param>
    public static HookPoint ResidPre(int layer) => new(HookKind.ResidPre, layer);

    /// <summary>The stream between attention and FFN.</summary>
    /// <param name="layer">0-based layer.</param>
    public static HookPoint ResidMid(int layer) => new(HookKind.ResidMid, layer);

    /// <summary>The stream leaving block <paramref name="layer"/>.</summary>
    /// <param name="layer">0-based layer.</param>
    public static HookPoint ResidPost(int layer) => new(HookKind.ResidPost, layer);

    /// <summary>Queries before norm and rotary.</summary>
    /// <param name="layer">0-based layer.</param>
    public static HookPoint Q(int layer) => new(HookKind.Q, layer);

    /// <summary>Keys before norm and rotary.</summary>
    /// <param name="layer">0-based layer.</param>
    public static HookPoint K(int layer) => new(HookKind.K, layer);

    /// <summary>Values.</summary>
    /// <param name="layer">0-based layer.</param>
    public static HookPoint V(int layer) => new(HookKind.V, layer);

    /// <summary>Attention scores after mask, before softmax.</summary>
    /// <param name="layer">0-based layer.</param>
    public static HookPoint AttnScores(int layer) => new(HookKind.AttnScores, layer);

    /// <summary>Attention pattern.</summary>
    /// <param name="layer">0-based layer.</param>
    public static HookPoint Pattern(int layer) => new(HookKind.Pattern, layer);

    /// <summary>Pattern-weighted values of each head.</summary>
    /// <param name="layer">0-based layer.</param>
    public static HookPoint Z(int layer) => new(HookKind.Z, layer);

    /// <summary>What each head writes to the stream.</summary>
    /// <param name="layer">0-based layer.</param>
    public static HookPoint Result(int layer) => new(HookKind.Result, layer);

    /// <summary>What attention adds to the stream.</summary>
    /// <param name="layer">0-based layer.</param>
    public static HookPoint AttnOut(int layer) => new(HookKind.AttnOut, layer);

    /// <summary>Pre-activations of the FFN.</summary>
    /// <param name="layer">0-based layer.</param>
    public static HookPoint Pre(int layer) => new(HookKind.Pre, layer);

    /// <summary>Neuron activations of the FFN.</summary>
    /// <param name="layer">0-based layer.</param>
    public static HookPoint Post(int layer) => new(HookKind.Post, layer);

    /// <summary>What the FFN adds to the stream.</summary>
    /// <param name="layer">0-based layer.</param>
    public static HookPoint MlpOut(int layer) => new(HookKind.MlpOut, layer);
}

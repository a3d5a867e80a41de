using System.Globalization;
using Interp.Hooks;

namespace Interp.Analysis;

/// <summary>The classes of residual writes, and the rows that close a ledger.</summary>
public enum ComponentKind
{
    /// <summary>Token embedding.</summary>
    Embed,

    /// <summary>Learned position embedding.</summary>
    PosEmbed,

    /// <summary>Token type embedding.</summary>
    TokenTypeEmbed,

    /// <summary>Bias of the norm over the summed embeddings.</summary>
    EmbedNormBias,

    /// <summary>All heads of a layer together, without the output bias.</summary>
    Attn,

    /// <summary>One head, without the output bias.</summary>
    Head,

    /// <summary>What one head moves from one source token.</summary>
    HeadSource,

    /// <summary>Attention output bias b_O.</summary>
    AttnBias,

    /// <summary>All neurons of an FFN together, without the output bias.</summary>
    Mlp,

    /// <summary>One neuron.</summary>
    Neuron,

    /// <summary>All neurons of one expert together, times the router's share, without the output bias.</summary>
    Expert,

    /// <summary>FFN output bias; of a mixture, the chosen experts' biases times their shares.</summary>
    MlpBias,

    /// <summary>Bias of the first norm of a post-norm block.</summary>
    Norm1Bias,

    /// <summary>Bias of the second norm of a post-norm block.</summary>
    Norm2Bias,

    /// <summary>Bias of the norm between attention and the sum.</summary>
    Norm1PostBias,

    /// <summary>Bias of the norm between FFN and the sum.</summary>
    Norm2PostBias,

    /// <summary>Bias of the dense map in a masked-language-model head; contributes to logits only.</summary>
    MlmBias,

    /// <summary>Bias of the last norm before the unembedding; contributes to logits only.</summary>
    FinalNormBias,

    /// <summary>Bias of the unembedding; contributes to logits only.</summary>
    UnembedBias,

    /// <summary>What an intervention changed in the stream, or in a write on its way to it.</summary>
    Intervention,

    /// <summary>What the value bias b_V adds through one head, all sources together.</summary>
    ValueBias,

    /// <summary>The neurons of an FFN that have no row of their own, together.</summary>
    OtherNeurons,

    /// <summary>What the gain of the last norm changes against a gain of 1.</summary>
    FinalNormGain,

    /// <summary>Bias of a head's query; contributes to what the head reads only.</summary>
    QueryBias,

    /// <summary>Bias of a head's key; contributes to what the head reads only.</summary>
    KeyBias,

    /// <summary>Bias of the norm of a head's query; contributes to its scores only.</summary>
    QueryNormBias,

    /// <summary>Bias of the norm of a head's key; contributes to its scores only.</summary>
    KeyNormBias,

    /// <summary>Biases of an FFN's neurons; contributes to what the FFN reads only.</summary>
    NeuronBias,
}

/// <summary>What wrote to the stream, under the labels of the field: <c>embed</c>, <c>L9H6</c>, <c>9_mlp_out</c>.</summary>
/// <param name="Kind">The class.</param>
/// <param name="Layer">0-based layer, or -1.</param>
/// <param name="Head">0-based head, or -1.</param>
/// <param name="Neuron">Neuron index, or -1.</param>
/// <param name="Source">Source position, or -1.</param>
/// <param name="Expert">Expert of a mixture, or -1.</param>
/// <param name="Point">Kind of the point of the stream at which an intervention shows, or null.</param>
public readonly record struct Component(
    ComponentKind Kind, int Layer = -1, int Head = -1, int Neuron = -1, int Source = -1, int Expert = -1,
    HookKind? Point = null)
{
    /// <summary>The label. The source position of a per-source write is a column of its own, not part of it.</summary>
    public string Label => Kind switch
    {
        ComponentKind.Embed => "embed",
        ComponentKind.PosEmbed => "pos_embed",
        ComponentKind.TokenTypeEmbed => "token_type_embed",
        ComponentKind.EmbedNormBias => "embed_norm_bias",
        ComponentKind.Attn => Of("{0}_attn_out"),
        ComponentKind.Head or ComponentKind.HeadSource => Of("L{0}H{1}"),
        ComponentKind.AttnBias => Of("{0}_attn_bias"),
        ComponentKind.Mlp => Of("{0}_mlp_out"),
        ComponentKind.Neuron => Of(Expert < 0 ? "L{0}N{2}" : "L{0}E{3}N{2}"),
        ComponentKind.Expert => Of("{0}_E{3}_out"),
        ComponentKind.MlpBias => Of("{0}_mlp_bias"),
        ComponentKind.Norm1Bias => Of("{0}_ln1_bias"),
        ComponentKind.Norm2Bias => Of("{0}_ln2_bias"),
        ComponentKind.Norm1PostBias => Of("{0}_ln1_post_bias"),
        ComponentKind.Norm2PostBias => Of("{0}_ln2_post_bias"),
        ComponentKind.MlmBias => "mlm_bias",
        ComponentKind.FinalNormBias => "final_norm_bias",
        ComponentKind.Intervention when Point is { } point => Of("{0}_" + HookTable.Row(point).Site + "_intervention"),
        ComponentKind.Intervention => "intervention",
        ComponentKind.ValueBias => Of("L{0}H{1}_value_bias"),
        ComponentKind.QueryBias => Of("L{0}H{1}_query_bias"),
        ComponentKind.KeyBias => Of("L{0}H{1}_key_bias"),
        ComponentKind.QueryNormBias => Of("L{0}H{1}_query_norm_bias"),
        ComponentKind.KeyNormBias => Of("L{0}H{1}_key_norm_bias"),
        ComponentKind.NeuronBias => Of("{0}_neuron_bias"),
        ComponentKind.OtherNeurons => Of("{0}_other_neurons"),
        ComponentKind.FinalNormGain => "final_norm_gain",
        _ => "unembed_bias",
    };

    /// <summary>Name of the class, as the <c>kind</c> column has it.</summary>
    public string KindName => Kind switch
    {
        ComponentKind.PosEmbed => "pos_embed",
        ComponentKind.TokenTypeEmbed => "token_type_embed",
        ComponentKind.EmbedNormBias or ComponentKind.Norm1Bias or ComponentKind.Norm2Bias or ComponentKind.Norm1PostBias
            or ComponentKind.Norm2PostBias or ComponentKind.FinalNormBias or ComponentKind.QueryNormBias
            or ComponentKind.KeyNormBias => "norm_bias",
        ComponentKind.HeadSource => "head_source",
        ComponentKind.AttnBias => "attn_bias",
        ComponentKind.MlpBias => "mlp_bias",
        ComponentKind.MlmBias => "mlm_bias",
        ComponentKind.UnembedBias => "unembed_bias",
        ComponentKind.ValueBias => "value_bias",
        ComponentKind.QueryBias => "query_bias",
        ComponentKind.KeyBias => "key_bias",
        ComponentKind.NeuronBias => "neuron_bias",
        ComponentKind.OtherNeurons => "other_neurons",
        ComponentKind.FinalNormGain => "norm_gain",
        _ => Kind.ToString().ToLowerInvariant(),
    };

    /// <inheritdoc/>
    public override string ToString() => Source < 0 ? Label : Label + "<-" + Source.ToString(CultureInfo.InvariantCulture);

    private string Of(string format) => string.Format(CultureInfo.InvariantCulture, format, Layer, Head, Neuron, Expert);
}

/// <summary>How finely writes are told apart.</summary>
public enum LedgerDetail
{
    /// <summary>Embeddings, each attention layer, each FFN, each bias.</summary>
    Component,

    /// <summary>As component, with attention split into heads and mixtures of experts into experts.</summary>
    Head,

    /// <summary>As head, with each FFN or expert split into neurons.</summary>
    Neuron,

    /// <summary>As head, with each head split by source token.</summary>
    Source,
}

using System.Collections.Immutable;

namespace Interp.Hooks;

/// <summary>
/// What the hook table has to know of a model: its sizes and which parts it has. The runtime derives it from the
/// model's configuration.
/// </summary>
public sealed record ModelOutline
{
    /// <summary>Number of blocks.</summary>
    public required int NLayers { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int DModel { get; init; }

    /// <summary>Attention heads per layer.</summary>
    public required int NHeads { get; init; }

    /// <summary>Key-value heads per layer.</summary>
    public required int NKeyValueHeads { get; init; }

    /// <summary>Dimension of a head.</summary>
    public required int DHead { get; init; }

    /// <summary>Neurons per FFN; 0 in attention-only models.</summary>
    public required int DMlp { get; init; }

    /// <summary>Outputs of the unembedding: vocabulary entries, unless the model answers with something else.</summary>
    public required int DVocab { get; init; }

    /// <summary>The hook points of a block, in firing order: what a block is, decides the runtime.</summary>
    public required ImmutableArray<HookKind> BlockPoints { get; init; }

    /// <summary>Whether learned position embeddings exist.</summary>
    public bool HasPosEmbed { get; init; }

    /// <summary>Whether token type embeddings exist.</summary>
    public bool HasTokenTypes { get; init; }

    /// <summary>Whether the summed embeddings are normalised before the first block.</summary>
    public bool HasEmbedNorm { get; init; }

    /// <summary>Experts of each FFN; 0 when it is no mixture.</summary>
    public int Experts { get; init; }

    /// <summary>Experts that the router chooses for a token.</summary>
    public int ExpertsPerToken { get; init; }

    /// <summary>Whether blocks have no FFN.</summary>
    public bool AttnOnly { get; init; }

    /// <summary>Whether the FFN is gated.</summary>
    public bool GatedMlp { get; init; }

    /// <summary>Whether attention sees only earlier positions.</summary>
    public bool Causal { get; init; } = true;

    /// <summary>Sliding attention window per layer, in positions of a side including the own one; null = unlimited.</summary>
    public Func<int, int?> Window { get; init; } = _ => null;

    /// <summary>Which positions see which in a layer.</summary>
    /// <param name="layer">0-based layer.</param>
    public AttentionReach Reach(int layer) => new(Causal, Window(layer));

    /// <summary>Whether a norm stands between the last block and the unembedding.</summary>
    public bool HasFinalNorm { get; init; } = true;

    /// <summary>Whether there is a masked-language-model head.</summary>
    public bool HasMlmHead { get; init; }

    /// <summary>Whether there is an unembedding.</summary>
    public bool HasUnembed { get; init; } = true;

    /// <summary>
    /// Whether embedding points carry the <c>embed.</c> prefix, as TransformerLens names them in its encoder models.
    /// </summary>
    public bool EncoderNames { get; init; }
}

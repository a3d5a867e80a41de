using Interp.Hooks;

namespace Interp.Runtime;

/// <summary>
/// The resolved configuration of a model: every choice of the one block implementation, whatever family it came from.
/// </summary>
public sealed record ModelConfig
{
    private readonly int? _outputs;

    /// <summary>Family name, as in <c>model_type</c> of config.json.</summary>
    public required string Family { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int NLayers { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int DModel { get; init; }

    /// <summary>Attention heads per layer.</summary>
    public required int NHeads { get; init; }

    /// <summary>Key-value heads per layer; divides <see cref="NHeads"/>.</summary>
    public required int NKeyValueHeads { get; init; }

    /// <summary>Dimension of a head.</summary>
    public required int DHead { get; init; }

    /// <summary>Neurons per FFN; 0 for an attention-only model.</summary>
    public required int DMlp { get; init; }

    /// <summary>Vocabulary entries.</summary>
    public required int DVocab { get; init; }

    /// <summary>
    /// Outputs of the unembedding: the vocabulary, except in models that answer with something else than tokens
    /// (TransformerLens' <c>d_vocab_out</c>).
    /// </summary>
    public int DVocabOut
    {
        get => _outputs ?? DVocab;
        init => _outputs = value == DVocab ? null : value;
    }

    /// <summary>Longest sequence the model can run.</summary>
    public required int NCtx { get; init; }

    /// <summary>Where norms and residual sums stand.</summary>
    public BlockStyle Block { get; init; }

    /// <summary>The norm of all places that have one.</summary>
    public NormKind Norm { get; init; } = NormKind.LayerNorm;

    /// <summary>Where norms stand in the branches; <see cref="BranchNorms.Before"/> in a post-norm block.</summary>
    public BranchNorms BranchNorms { get; init; }

    /// <summary>Norms of queries and keys.</summary>
    public QkNorm QkNorm { get; init; }

    /// <summary>Factor on the token embedding.</summary>
    public float EmbedScale { get; init; } = 1;

    /// <summary>Epsilon inside the norm's square root.</summary>
    public float NormEpsilon { get; init; } = 1e-5f;

    /// <summary>How positions enter.</summary>
    public PositionKind Positions { get; init; }

    /// <summary>Rotary settings; null unless <see cref="Positions"/> is rotary.</summary>
    public RotaryConfig? Rotary { get; init; }

    /// <summary>
    /// Whether ALiBi is Falcon's: slope times key position, rounded to bfloat16 and then scaled like q·k, instead of slope
    /// times distance as in the paper.
    /// </summary>
    public bool RoundedAlibi { get; init; }

    /// <summary>Whether attention sees only the own and earlier positions.</summary>
    public bool Causal { get; init; } = true;

    /// <summary>
    /// Sliding attention window of each layer, in positions including the own one (null entry = unlimited), on both sides of
    /// it in a bidirectional model; null when no layer has one.
    /// </summary>
    public IReadOnlyList<int?>? Windows { get; init; }

    /// <summary>Factor on q·k before softmax, usually 1/sqrt(d_head).</summary>
    public required float AttentionScale { get; init; }

    /// <summary>Soft-cap c of the scaled scores, <c>c tanh(score / c)</c>; null = none.</summary>
    public float? ScoreSoftCap { get; init; }

    /// <summary>Soft-cap c of the logits, <c>c tanh(logit / c)</c>; null = none.</summary>
    public float? LogitSoftCap { get; init; }

    /// <summary>Whether layer l divides its scores by l + 1 besides.</summary>
    public bool ScaleByInverseLayer { get; init; }

    /// <summary>Whether the projections of attention have biases; null = where the checkpoint has them.</summary>
    public bool? AttentionBias { get; init; }

    /// <summary>Whether the maps of the FFN have biases; null = where the checkpoint has them.</summary>
    public bool? FeedForwardBias { get; init; }

    /// <summary>Nonlinearity of the FFN.</summary>
    public ActivationFunction Activation { get; init; } = ActivationFunction.GeluTanh;

    /// <summary>Whether the FFN multiplies an activated gate with a linear branch.</summary>
    public bool Gated { get; init; }

    /// <summary>Experts of each FFN (Shazeer et al. 2017); 0 when it is no mixture.</summary>
    public int Experts { get; init; }

    /// <summary>Experts that the router chooses for a token.</summary>
    public int ExpertsPerToken { get; init; }

    /// <summary>Number of token types (segments); 0 when the model has none.</summary>
    public int TokenTypes { get; init; }

    /// <summary>
    /// Width of the stored token embedding where the checkpoint projects it to and from <see cref="DModel"/> (OPT-350m):
    /// both projections are folded into embedding and unembedding when the weights are read. Null = no projections.
    /// </summary>
    public int? EmbedWidth { get; init; }

    /// <summary>
    /// Padding token of a model that derives positions from token ids (RoBERTa); it has no position, so prompts may not
    /// contain it. Null = every token has a position.
    /// </summary>
    public int? PaddingId { get; init; }

    /// <summary>Whether the summed embeddings are normalised.</summary>
    public bool EmbedNorm { get; init; }

    /// <summary>Whether a norm stands before the unembedding.</summary>
    public bool FinalNorm { get; init; } = true;

    /// <summary>Whether a masked-language-model head (dense, activation, norm) stands before the unembedding.</summary>
    public bool MlmHead { get; init; }

    /// <summary>
    /// Whether there is an unembedding. Without, as in graphs that end with the last hidden state, the stream and its hook points are
    /// there, and logits are refused.
    /// </summary>
    public bool HasUnembed { get; init; } = true;

    /// <summary>Whether the unembedding is the transposed token embedding, as stored.</summary>
    public bool TiedUnembedding { get; init; }

    /// <summary>Beginning-of-sequence token of config.json, if it names one.</summary>
    public int? BosId { get; init; }

    /// <summary>End-of-sequence tokens of config.json.</summary>
    public IReadOnlyList<int> EosIds { get; init; } = [];

    /// <summary>Whether blocks have no FFN.</summary>
    public bool AttnOnly => DMlp == 0;

    /// <summary>Attention window of a layer; null = unlimited.</summary>
    /// <param name="layer">0-based layer.</param>
    public int? Window(int layer) => Windows?[layer];

    /// <summary>Factor on q·k in a layer.</summary>
    /// <param name="layer">0-based layer.</param>
    public float ScoreScale(int layer) => ScaleByInverseLayer ? AttentionScale / (layer + 1) : AttentionScale;

    /// <summary>Checks that the fields agree with each other.</summary>
    /// <param name="source">The file the configuration came from, for the error text.</param>
    /// <returns>This configuration.</returns>
    /// <exception cref="InvalidInputException">Two fields contradict each other.</exception>
    public ModelConfig Validated(string source)
    {
        foreach ((string name, int value, int least) in new[]
                 {
                     ("number of layers", NLayers, 1), ("model width", DModel, 1), ("number of heads", NHeads, 1),
                     ("number of key-value heads", NKeyValueHeads, 1), ("head dimension", DHead, 1),
                     ("FFN width", DMlp, 0), ("vocabulary size", DVocab, 1), ("number of outputs", DVocabOut, 1),
                     ("context length", NCtx, 1),
                 })
        {
            if (value < least)
            {
                throw new InvalidInputException($"{source}: {name}: expected at least {least}, found {value}");
            }
        }

        if (NHeads % NKeyValueHeads != 0)
        {
            throw new InvalidInputException(
                $"{source}: {NHeads} heads cannot share {NKeyValueHeads} key-value heads: expected a divisor of {NHeads}");
        }

        if (Rotary is { } rotary && (rotary.Dim > DHead || rotary.Dim < 2 || rotary.Dim % 2 != 0))
        {
            throw new InvalidInputException(
                $"{source}: rotary dimension {rotary.Dim}: expected an even number from 2 to the head dimension {DHead}");
        }

        if (Block == BlockStyle.PostNorm && AttnOnly)
        {
            throw new InvalidInputException($"{source}: a post-norm model without FFN is not supported");
        }

        RequireParts(source);
        if (!(NormEpsilon >= 0 && float.IsFinite(NormEpsilon)))
        {
            throw new InvalidInputException($"{source}: norm epsilon: expected a number of at least 0, found {NormEpsilon}");
        }

        return this;
    }

    private void RequireParts(string source)
    {
        if (Block == BlockStyle.PostNorm && BranchNorms != BranchNorms.Before)
        {
            throw new InvalidInputException($"{source}: norms inside the branches of a post-norm block are not supported");
        }

        if (Norm == NormKind.None && (BranchNorms != BranchNorms.Before || QkNorm != QkNorm.None))
        {
            throw new InvalidInputException(
                $"{source}: norms of branches, queries or keys: expected LayerNorm or RMSNorm, found a model without norms");
        }

        if (Experts < 0 || (Experts > 0 ? AttnOnly || ExpertsPerToken < 1 || ExpertsPerToken > Experts : ExpertsPerToken != 0))
        {
            throw new InvalidInputException(
                $"{source}: experts: expected an FFN and from 1 to all experts for each token, "
                + $"found {ExpertsPerToken} of {Experts} experts of width {DMlp}");
        }

        foreach (float? cap in new[] { ScoreSoftCap, LogitSoftCap })
        {
            if (cap is { } c && !(c > 0 && float.IsFinite(c)))
            {
                throw new InvalidInputException($"{source}: soft-cap: expected a number above 0, found {c}");
            }
        }

        if (!float.IsFinite(EmbedScale))
        {
            throw new InvalidInputException($"{source}: embedding scale: expected a number, found {EmbedScale}");
        }
    }
}

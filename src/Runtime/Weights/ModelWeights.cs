using System.Diagnostics.CodeAnalysis;
using Interp.Runtime.Kernels;
using Interp.Runtime.Weights;

namespace Interp.Runtime;

/// <summary>Gain and bias of a norm; either may be absent (empty).</summary>
/// <param name="Gain">[d], or empty for 1.</param>
/// <param name="Bias">[d], or empty for 0.</param>
public sealed record NormWeights(float[] Gain, float[] Bias)
{
    /// <summary>A norm without gain and bias.</summary>
    public static NormWeights Plain { get; } = new([], []);
}

/// <summary>Weights of one attention layer. Head h reads and writes columns [h d_head, (h + 1) d_head).</summary>
/// <param name="Query">d_model to heads x d_head.</param>
/// <param name="Key">d_model to key-value heads x d_head.</param>
/// <param name="Value">d_model to key-value heads x d_head.</param>
/// <param name="Output">heads x d_head to d_model; its bias is b_O.</param>
public sealed record AttentionWeights(Linear Query, Linear Key, Linear Value, Linear Output)
{
    /// <summary>Norm of queries; gain and bias of d_head, shared by heads, or of heads x d_head. Null when they are not normalised.</summary>
    public NormWeights? QueryNorm { get; init; }

    /// <summary>Norm of keys; gain and bias of d_head, shared by heads, or of key-value heads x d_head. Null when they are not normalised.</summary>
    public NormWeights? KeyNorm { get; init; }
}

/// <summary>Weights of one feedforward layer.</summary>
/// <param name="In">d_model to d_mlp: the activated branch (the gate of a gated FFN).</param>
/// <param name="Linear">d_model to d_mlp: the linear branch of a gated FFN, else null.</param>
/// <param name="Out">d_mlp to d_model.</param>
/// <param name="NeuronBias">
/// Added to the neurons of a gated FFN after the product, as TransformerLens' own format has it; empty elsewhere.
/// </param>
public sealed record FeedForwardWeights(Linear In, Linear? Linear, Linear Out, float[] NeuronBias);

/// <summary>Weights of a mixture of experts.</summary>
/// <param name="Router">d_model to experts.</param>
/// <param name="Experts">The experts' FFNs, all of the same shape.</param>
public sealed record MixtureWeights(Linear Router, IReadOnlyList<FeedForwardWeights> Experts);

/// <summary>Weights of one block.</summary>
/// <param name="Norm1">First norm; null without norms.</param>
/// <param name="Attention">Attention.</param>
/// <param name="Norm2">Second norm; null when there is none.</param>
/// <param name="FeedForward">FFN; null in attention-only models and where there is a mixture of experts.</param>
public sealed record BlockWeights(
    NormWeights? Norm1, AttentionWeights Attention, NormWeights? Norm2, FeedForwardWeights? FeedForward)
{
    /// <summary>Norm between attention and the sum, or null.</summary>
    public NormWeights? Norm1Post { get; init; }

    /// <summary>Norm between FFN and the sum, or null.</summary>
    public NormWeights? Norm2Post { get; init; }

    /// <summary>Mixture of experts, or null.</summary>
    public MixtureWeights? Mixture { get; init; }

    /// <summary>The norm of a place, or null.</summary>
    /// <param name="norm">The place.</param>
    public NormWeights? Norm(BlockNorm norm) => norm switch
    {
        BlockNorm.First => Norm1,
        BlockNorm.Second => Norm2,
        BlockNorm.AfterAttention => Norm1Post,
        BlockNorm.AfterFeedForward => Norm2Post,
        _ => throw new ArgumentOutOfRangeException(nameof(norm), norm, null),
    };

    /// <summary>The FFN, or the FFNs of all experts; none in an attention-only model.</summary>
    public IEnumerable<FeedForwardWeights> FeedForwards =>
        Mixture is null ? FeedForward is null ? [] : [FeedForward] : Mixture.Experts;
}

/// <summary>The transform of a masked-language-model head: dense, activation, norm.</summary>
/// <param name="Dense">d_model to d_model.</param>
/// <param name="Norm">The norm after the activation.</param>
public sealed record MlmHeadWeights(Linear Dense, NormWeights Norm);

/// <summary>All weights of a model.</summary>
public sealed record ModelWeights
{
    /// <summary>Why there are no logits of a model without an unembedding.</summary>
    internal const string NoUnembed =
        "logits: the model has no unembedding head (its file ends with the last hidden state); the stream and its hook points are there (interp cache)";

    private readonly Linear? _unembed;

    /// <summary>Token embedding, [d_vocab, d_model].</summary>
    public required EmbeddingTable TokenEmbedding { get; init; }

    /// <summary>Learned position embedding, row-major [n_ctx, d_model]; empty when positions are not learned.</summary>
    public float[] PositionEmbedding { get; init; } = [];

    /// <summary>Token type embedding, row-major [types, d_model]; empty when there are none.</summary>
    public float[] TokenTypeEmbedding { get; init; } = [];

    /// <summary>Norm of the summed embeddings, or null.</summary>
    public NormWeights? EmbedNorm { get; init; }

    /// <summary>The blocks, bottom first.</summary>
    public required IReadOnlyList<BlockWeights> Blocks { get; init; }

    /// <summary>Norm before the unembedding, or null.</summary>
    public NormWeights? FinalNorm { get; init; }

    /// <summary>Transform of the masked-language-model head, or null.</summary>
    public MlmHeadWeights? MlmHead { get; init; }

    /// <summary>d_model to d_vocab; its bias is b_U. Null is for a model without one (<see cref="ModelConfig.HasUnembed"/>).</summary>
    /// <exception cref="InvalidInputException">The model has no unembedding.</exception>
    [AllowNull]
    public required Linear Unembed
    {
        get => _unembed ?? throw new InvalidInputException(NoUnembed);
        init => _unembed = value;
    }

    /// <summary>Bytes held in memory.</summary>
    public long Bytes
    {
        get
        {
            long floats = PositionEmbedding.LongLength + TokenTypeEmbedding.LongLength
                + Norms().Sum(n => n.Gain.LongLength + n.Bias.LongLength)
                + Blocks.SelectMany(b => b.FeedForwards).Sum(f => f.NeuronBias.LongLength);
            return (floats * sizeof(float)) + TokenEmbedding.Bytes + Linears().Sum(l => l.Bytes);
        }
    }

    /// <summary>
    /// How the numbers of the matrices are kept, the format with the most bytes first, such as <c>bfloat16, float32</c>; vectors
    /// (biases, norms, positions) are float32 always.
    /// </summary>
    public string NumberFormats
    {
        get
        {
            List<(string, long)> matrices = [];
            foreach (Linear map in Linears())
            {
                matrices.Add((Name(map.Weight.Format), map.Bytes));
            }

            return string.Join(", ", StoredType.Sum(matrices).Select(sum => sum.Type));
        }
    }

    /// <summary>Number of parameters; a tied unembedding counts once.</summary>
    /// <param name="tied">Whether the unembedding is the token embedding.</param>
    public long Parameters(bool tied)
    {
        long count = ((long)TokenEmbedding.Rows * TokenEmbedding.Width) + PositionEmbedding.LongLength + TokenTypeEmbedding.LongLength
            + Norms().Sum(n => n.Gain.LongLength + n.Bias.LongLength)
            + Linears().Sum(l => ((long)l.Inputs * l.Outputs) + l.Bias.Length)
            + Blocks.SelectMany(b => b.FeedForwards).Sum(f => (long)f.NeuronBias.Length);
        return tied ? count - ((long)Unembed.Inputs * Unembed.Outputs) : count;
    }

    private static string Name(WeightFormat format) => format switch
    {
        WeightFormat.BFloat16 => "bfloat16",
        WeightFormat.Float16 => "float16",
        _ => "float32",
    };

    private IEnumerable<NormWeights> Norms() =>
        new[] { EmbedNorm, FinalNorm, MlmHead?.Norm }.Concat(Blocks.SelectMany(b => new[]
        {
            b.Norm1, b.Norm2, b.Norm1Post, b.Norm2Post, b.Attention.QueryNorm, b.Attention.KeyNorm,
        })).OfType<NormWeights>();

    private IEnumerable<Linear> Linears() =>
        Blocks.SelectMany(b => new[]
        {
            b.Attention.Query, b.Attention.Key, b.Attention.Value, b.Attention.Output, b.Mixture?.Router,
        }.Concat(b.FeedForwards.SelectMany(f => new[] { f.In, f.Linear, f.Out })))
        .Append(MlmHead?.Dense).Append(_unembed).OfType<Linear>();

    /// <summary>Throws unless the weights have the norms that a plan applies.</summary>
    internal void Require(BlockPlan plan, string source)
    {
        for (int layer = 0; layer < Blocks.Count; layer++)
        {
            foreach (BlockStep step in plan.Steps)
            {
                string? missing = step switch
                {
                    { Operation: BlockOperation.Normalize, Norm: { } norm } when Blocks[layer].Norm(norm) is null => $"the norm {norm}",
                    { Operation: BlockOperation.NormalizeHeads } when Blocks[layer].Attention is { QueryNorm: null } or { KeyNorm: null } =>
                        "norms of queries and keys",
                    _ => null,
                };
                if (missing is not null)
                {
                    throw new InvalidInputException($"{source}: block {layer}: expected {missing}, as the configuration says, found none");
                }
            }
        }
    }
}

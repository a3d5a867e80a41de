namespace Interp.Onnx;

/// <summary>What a site does in a transformer. The structure of the graph gives each site its role; a family names the
/// roles.</summary>
internal enum Role
{
    /// <summary>Token embedding.</summary>
    TokenEmbedding,

    /// <summary>Map from narrower token vectors to the stream.</summary>
    ProjectIn,

    /// <summary>Learned positions.</summary>
    PositionEmbedding,

    /// <summary>Token types.</summary>
    TokenTypeEmbedding,

    /// <summary>Norm of the summed embeddings.</summary>
    EmbedNorm,

    /// <summary>The first norm of a block: before attention, or after it in a post-norm model.</summary>
    Norm1,

    /// <summary>Queries.</summary>
    Query,

    /// <summary>Keys.</summary>
    Key,

    /// <summary>Values.</summary>
    Value,

    /// <summary>Queries, keys and values in one map.</summary>
    QueryKeyValue,

    /// <summary>Norm of queries.</summary>
    QueryNorm,

    /// <summary>Norm of keys.</summary>
    KeyNorm,

    /// <summary>Output of attention.</summary>
    AttentionOutput,

    /// <summary>Norm of what attention writes.</summary>
    AttentionWriteNorm,

    /// <summary>The second norm of a block: before the FFN, or after it in a post-norm model.</summary>
    Norm2,

    /// <summary>The activated map of the FFN.</summary>
    FeedForwardIn,

    /// <summary>The linear branch of a gated FFN.</summary>
    FeedForwardLinear,

    /// <summary>Both branches of a gated FFN in one map, the activated one first.</summary>
    FeedForwardBoth,

    /// <summary>Output of the FFN.</summary>
    FeedForwardOut,

    /// <summary>The map that chooses experts.</summary>
    Router,

    /// <summary>The activated map of an expert.</summary>
    ExpertIn,

    /// <summary>The linear branch of an expert.</summary>
    ExpertLinear,

    /// <summary>Output of an expert.</summary>
    ExpertOut,

    /// <summary>Norm of what the FFN writes.</summary>
    FeedForwardWriteNorm,

    /// <summary>Norm before the unembedding.</summary>
    FinalNorm,

    /// <summary>Dense map of a masked-language-model head.</summary>
    HeadDense,

    /// <summary>Norm of a masked-language-model head.</summary>
    HeadNorm,

    /// <summary>Map from the stream to narrower vectors that are unembedded.</summary>
    ProjectOut,

    /// <summary>Unembedding.</summary>
    Unembed,
}

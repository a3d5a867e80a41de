namespace Interp.Runtime.Forward;

/// <summary>Where in a block a pass begins: what comes before is given.</summary>
internal enum BlockStage
{
    /// <summary>At the start; the stream is given.</summary>
    ResidPre,

    /// <summary>At queries, keys and values, which are given beside the stream.</summary>
    Heads,

    /// <summary>At the weighted sums of values, given beside the stream.</summary>
    Z,

    /// <summary>At what attention adds, given beside the stream before it.</summary>
    AttnOut,

    /// <summary>At the stream after attention, given.</summary>
    ResidMid,

    /// <summary>At what the FFN adds, given beside the stream before it.</summary>
    MlpOut,

    /// <summary>At the stream after the block, given.</summary>
    ResidPost,
}

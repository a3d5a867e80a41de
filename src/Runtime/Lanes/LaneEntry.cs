using Interp.Hooks;
using Interp.Runtime.Forward;

namespace Interp.Runtime.Lanes;

/// <summary>From where a change at a hook point has to be computed.</summary>
internal enum LaneEntry
{
    /// <summary>From the embeddings.</summary>
    Embed,

    /// <summary>From a block's input, with keys and values of changed rows computed anew.</summary>
    Input,

    /// <summary>From a block's input, with keys and values of all rows computed anew.</summary>
    EveryInput,

    /// <summary>From queries, keys and values of the base run.</summary>
    Heads,

    /// <summary>From the heads' weighted sums.</summary>
    Z,

    /// <summary>From attention's write.</summary>
    AttnOut,

    /// <summary>From the stream after attention.</summary>
    ResidMid,

    /// <summary>From the FFN's write.</summary>
    MlpOut,

    /// <summary>From the stream after the block.</summary>
    ResidPost,

    /// <summary>From the stream after the last block.</summary>
    Top,
}

/// <summary>Maps hook points to entries, for the block style of one model.</summary>
internal static class LaneEntries
{
    /// <summary>What each head reads, in copies of its own.</summary>
    public static IReadOnlyList<HookKind> HeadInputs { get; } = [HookKind.AttnIn, HookKind.QInput, HookKind.KInput, HookKind.VInput];

    /// <summary>The latest entry that comes before a point.</summary>
    public static LaneEntry Of(ModelConfig config, HookKind kind)
    {
        bool post = config.Block == BlockStyle.PostNorm;
        LaneEntry entry = kind switch
        {
            HookKind.Embed or HookKind.PosEmbed or HookKind.TokenTypeEmbed or HookKind.EmbedNormScale
                or HookKind.EmbedNormNormalized or HookKind.FullEmbed => LaneEntry.Embed,
            HookKind.ResidPre => LaneEntry.Input,
            _ when HeadInputs.Contains(kind) => LaneEntry.EveryInput,
            HookKind.Ln1Scale or HookKind.Ln1Normalized => post ? LaneEntry.ResidMid : LaneEntry.EveryInput,
            HookKind.Q or HookKind.K or HookKind.V or HookKind.QNormScale or HookKind.QNormNormalized or HookKind.KNormScale
                or HookKind.KNormNormalized or HookKind.RotQ or HookKind.RotK or HookKind.AttnScores or HookKind.Pattern
                => LaneEntry.Heads,
            HookKind.Z or HookKind.Result or HookKind.Ln1PostScale or HookKind.Ln1PostNormalized => LaneEntry.Z,
            HookKind.AttnOut => LaneEntry.AttnOut,
            HookKind.Ln2Scale or HookKind.Ln2Normalized when post => LaneEntry.ResidPost,
            HookKind.MlpOut when post => LaneEntry.ResidMid,
            HookKind.MlpOut => LaneEntry.MlpOut,
            HookKind.ResidPost or HookKind.NormalizedResidPost => LaneEntry.ResidPost,
            HookKind.FinalScale or HookKind.FinalNormalized or HookKind.MlmPre or HookKind.MlmScale or HookKind.MlmNormalized
                or HookKind.UnembedIn or HookKind.UnembedOut => LaneEntry.Top,
            _ => LaneEntry.ResidMid,
        };

        // Attention and FFN of a parallel block read the same stream: what the FFN writes is computed with the rest.
        bool parallel = config.Block is BlockStyle.Parallel or BlockStyle.ParallelSharedNorm;
        bool inside = entry is LaneEntry.Z or LaneEntry.AttnOut or LaneEntry.ResidMid or LaneEntry.MlpOut;
        return parallel && inside ? LaneEntry.Heads : entry;
    }

    /// <summary>Whether a change at the point changes what other positions of the same layer read.</summary>
    public static bool MovesWithinLayer(HookKind kind) => kind is HookKind.K or HookKind.V or HookKind.KNormScale
        or HookKind.KNormNormalized or HookKind.RotK;

    /// <summary>Where a pass begins.</summary>
    public static BlockStage Stage(LaneEntry entry) => entry switch
    {
        LaneEntry.Heads => BlockStage.Heads,
        LaneEntry.Z => BlockStage.Z,
        LaneEntry.AttnOut => BlockStage.AttnOut,
        LaneEntry.ResidMid => BlockStage.ResidMid,
        LaneEntry.MlpOut => BlockStage.MlpOut,
        LaneEntry.ResidPost => BlockStage.ResidPost,
        _ => BlockStage.ResidPre,
    };

    /// <summary>The recorded point from which an entry takes its rows, beside the stream; null when the stream is all.</summary>
    public static HookKind? Given(LaneEntry entry) => entry switch
    {
        LaneEntry.Z => HookKind.Z,
        LaneEntry.AttnOut => HookKind.AttnOut,
        LaneEntry.MlpOut => HookKind.MlpOut,
        _ => null,
    };

    /// <summary>The recorded point from which an entry takes the stream.</summary>
    public static HookKind Stream(ModelConfig config, LaneEntry entry) => entry switch
    {
        LaneEntry.ResidMid => HookKind.ResidMid,
        LaneEntry.MlpOut => HookKind.ResidMid,
        LaneEntry.ResidPost => HookKind.ResidPost,
        LaneEntry.Top => config.Block == BlockStyle.PostNorm ? HookKind.NormalizedResidPost : HookKind.ResidPost,
        _ => HookKind.ResidPre,
    };
}

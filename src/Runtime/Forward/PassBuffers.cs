using Interp.Hooks;

namespace Interp.Runtime.Forward;

/// <summary>What a pass needs memory for; the same sizes plan it and lay it out.</summary>
/// <param name="Rows">Most rows at a time.</param>
/// <param name="KeyFloats">Floats of the keys' panels.</param>
/// <param name="Listened">What is kept for all rows because somebody listens.</param>
/// <param name="AttentionArea">Most floats of a sequence's scores, all heads; 0 when nobody listens.</param>
internal readonly record struct PassSize(int Rows, long KeyFloats, ListenedParts Listened, long AttentionArea);

/// <summary>Buffers that exist only where somebody listens.</summary>
[Flags]
internal enum ListenedParts
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Neurons of all rows at once.</summary>
    Neurons = 1,

    /// <summary>A vector of the stream's width for each head, [rows, heads, d_model]: what all heads read, or what each writes.</summary>
    HeadStreams = 2,

    /// <summary>What each head reads for its queries, keys or values, [rows, heads, d_model].</summary>
    OwnHeadStreams = 4,
}

/// <summary>The matrices of a pass, one row per (sequence, position).</summary>
internal sealed class PassBuffers
{
    /// <summary>Rows whose neurons are computed at a time when nobody listens: enough for large products, few enough for the caches.</summary>
    public const int NeuronRows = 512;

    /// <summary>Lays the buffers out.</summary>
    public PassBuffers(Workspace memory, ModelConfig config, PassSize size)
    {
        int rows = size.Rows, d = config.DModel, q = config.NHeads * config.DHead, k = config.NKeyValueHeads * config.DHead;
        bool all = Listened(ListenedParts.Neurons);
        Stream = OwnStream = memory.Take(rows, d);
        Normed = memory.Take(rows, d);
        Write = memory.Take(rows, d);
        FeedForwardWrite = KeepsBothWrites(BlockPlan.Of(config)) ? memory.Take(rows, d) : Write;
        Positioned = config.Positions == PositionKind.Shortformer ? memory.Take(rows, d) : default;
        PositionRows = config.Positions == PositionKind.Shortformer ? memory.Take(rows, d) : default;
        Q = memory.Take(rows, q);
        K = memory.Take(rows, k);
        V = memory.Take(rows, k);
        Z = memory.Take(rows, q);
        bool headNorms = config.QkNorm != QkNorm.None;
        Mean = memory.Take(rows, headNorms ? config.NHeads : 1);
        Scale = memory.Take(rows, headNorms ? config.NHeads : 1);
        int neurons = config.Experts > 0 ? rows * config.ExpertsPerToken : all ? rows : Math.Min(rows, NeuronRows);
        Neurons = memory.Take(neurons, config.DMlp);
        Linear = config.Gated ? memory.Take(neurons, config.DMlp) : default;
        Experts = config.Experts > 0 ? new ExpertBuffers(memory, config, rows) : null;
        Keys = memory.Take(1, size.KeyFloats);
        HeadStreams = Listened(ListenedParts.HeadStreams) ? memory.Take(rows, (long)config.NHeads * d) : default;
        ChangedHeadStreams = Listened(ListenedParts.OwnHeadStreams) ? memory.Take(rows, (long)config.NHeads * d) : default;
        Attention = memory.Take(1, size.AttentionArea);

        bool Listened(ListenedParts part) => size.Listened.HasFlag(part);
    }

    /// <summary>The residual stream; may be rows of a larger matrix.</summary>
    public FloatBlock Stream { get; set; }

    /// <summary>The stream's place in this memory.</summary>
    public FloatBlock OwnStream { get; }

    public FloatBlock Normed { get; }

    public FloatBlock Write { get; }

    /// <summary>What the FFN writes; <see cref="Write"/>, unless attention's write has to wait for it.</summary>
    public FloatBlock FeedForwardWrite { get; }

    public FloatBlock Positioned { get; }

    public FloatBlock PositionRows { get; }

    public FloatBlock Q { get; }

    public FloatBlock K { get; }

    public FloatBlock V { get; }

    public FloatBlock Z { get; }

    public FloatBlock Mean { get; }

    public FloatBlock Scale { get; }

    public FloatBlock Neurons { get; }

    public FloatBlock Linear { get; }

    /// <summary>What a mixture of experts needs beside the neurons of all chosen experts; null without one.</summary>
    public ExpertBuffers? Experts { get; }

    public FloatBlock Keys { get; }

    public FloatBlock HeadStreams { get; }

    public FloatBlock ChangedHeadStreams { get; }

    public FloatBlock Attention { get; }

    /// <summary>The matrix of a slot.</summary>
    public FloatBlock Of(BlockSlot slot) => slot switch
    {
        BlockSlot.Stream => Stream,
        BlockSlot.Normed => Normed,
        BlockSlot.Z => Z,
        BlockSlot.AttentionWrite => Write,
        BlockSlot.FeedForwardWrite => FeedForwardWrite,
        _ => throw new ArgumentOutOfRangeException(nameof(slot), slot, "queries, keys and values have matrices of their own"),
    };

    /// <summary>Floats that a pass takes.</summary>
    public static long Floats(ModelConfig config, PassSize size)
    {
        Workspace memory = Workspace.Counting();
        _ = new PassBuffers(memory, config, size);
        return memory.Used;
    }

    /// <summary>What somebody listens to, as far as memory depends on it.</summary>
    public static ListenedParts PartsOf<THooks>(ModelConfig config, THooks hooks)
        where THooks : struct, IForwardHooks
    {
        ListenedParts parts = ListenedParts.None;
        for (int l = 0; l < config.NLayers; l++)
        {
            parts |= Any(hooks, l, HookKind.Pre, HookKind.PreLinear, HookKind.Post) ? ListenedParts.Neurons : 0;
            parts |= Any(hooks, l, HookKind.AttnIn, HookKind.Result) ? ListenedParts.HeadStreams : 0;
            parts |= Any(hooks, l, HookKind.QInput, HookKind.KInput, HookKind.VInput) || hooks.MayChange(new HookPoint(HookKind.AttnIn, l))
                ? ListenedParts.OwnHeadStreams
                : 0;
        }

        return parts;
    }

    /// <summary>Whether somebody listens to scores or pattern of any layer.</summary>
    public static bool ListensToAttention<THooks>(ModelConfig config, THooks hooks)
        where THooks : struct, IForwardHooks
    {
        for (int l = 0; l < config.NLayers; l++)
        {
            if (Any(hooks, l, HookKind.AttnScores, HookKind.Pattern))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether attention's write waits while the FFN writes.</summary>
    private static bool KeepsBothWrites(BlockPlan plan)
    {
        int ffn = plan.IndexOf(BlockOperation.FeedForward);
        return ffn >= 0 && plan.Live(ffn).Contains(BlockSlot.AttentionWrite);
    }

    private static bool Any<THooks>(THooks hooks, int layer, params ReadOnlySpan<HookKind> kinds)
        where THooks : struct, IForwardHooks
    {
        foreach (HookKind kind in kinds)
        {
            if (hooks.Wants(new HookPoint(kind, layer)))
            {
                return true;
            }
        }

        return false;
    }
}

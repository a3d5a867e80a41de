namespace Interp.Runtime.Forward;

/// <summary>Multiply-adds of the parts of a pass, by formula.</summary>
internal static class PassWork
{
    /// <summary>Scores and weighted sums of all heads, over keys that a causal mask allows; windows are not subtracted.</summary>
    public static long Attention(ModelConfig config, long first, long queries, long keys)
    {
        long pairs = config.Causal ? (queries * (first + 1)) + (queries * (queries - 1) / 2) : queries * keys;
        return 2 * pairs * config.NHeads * config.DHead;
    }

    /// <summary>Queries of a row.</summary>
    public static long Query(ModelConfig config) => (long)config.DModel * config.NHeads * config.DHead;

    /// <summary>Keys and values of a row.</summary>
    public static long KeysAndValues(ModelConfig config) => 2L * config.DModel * config.NKeyValueHeads * config.DHead;

    /// <summary>The output map of a row.</summary>
    public static long Output(ModelConfig config) => Query(config);

    /// <summary>The FFN, or router and chosen experts, of a row.</summary>
    public static long FeedForward(ModelConfig config)
    {
        long ffn = (config.Gated ? 3L : 2L) * config.DModel * config.DMlp;
        return config.Experts > 0 ? ((long)config.DModel * config.Experts) + (config.ExpertsPerToken * ffn) : ffn;
    }

    /// <summary>The unembedding of a row, with the transform of a masked-language-model head.</summary>
    public static long Unembed(ModelConfig config, long tokens) => config.DModel * tokens;

    /// <summary>What stands between stream and unembedding.</summary>
    public static long Head(ModelConfig config) => config.MlmHead ? (long)config.DModel * config.DModel : 0;

    /// <summary>A row in a step of a block, attention apart, whose work depends on keys.</summary>
    public static long Row(ModelConfig config, BlockStep step) => step.Operation switch
    {
        BlockOperation.Project => Query(config) + KeysAndValues(config),
        BlockOperation.WriteAttention => Output(config),
        BlockOperation.FeedForward => FeedForward(config),
        _ => 0,
    };

    /// <summary>A whole forward pass over a sequence, with logits of so many positions.</summary>
    public static long Whole(ModelConfig config, long length, long logits) =>
        (config.NLayers * ((length * BlockPlan.Of(config).Steps.Sum(step => Row(config, step))) + Attention(config, 0, length, length)))
        + (length * Head(config)) + (logits * Unembed(config, config.DVocabOut));
}

using Interp.Runtime;

namespace Interp.Hooks.Tests;

/// <summary>Outlines of the fixture models.</summary>
internal static class Models
{
    public static ModelOutline Gpt2 => Small.Outline;

    public static ModelOutline Neox => Parallel.Outline;

    public static ModelOutline Llama => Gated.Outline;

    public static ModelOutline Gptj => (Parallel with { DMlp = 192 }).Outline;

    public static ModelOutline AttnOnly => (Small with { NLayers = 2, DMlp = 0 }).Outline;

    public static ModelOutline Bert => (Small with
    {
        NLayers = 2,
        DMlp = 128,
        Block = BlockStyle.PostNorm,
        TokenTypes = 2,
        EmbedNorm = true,
        Causal = false,
        FinalNorm = false,
        MlmHead = true,
    }).Outline;

    /// <summary>No fixture: every part that the others lack.</summary>
    public static ModelOutline Mixture => (Gated with
    {
        BranchNorms = BranchNorms.BeforeAndAfter,
        QkNorm = QkNorm.PerHead,
        Experts = 4,
        ExpertsPerToken = 2,
    }).Outline;

    private static ModelConfig Small { get; } = new()
    {
        Family = "test",
        NLayers = 3,
        DModel = 48,
        NHeads = 4,
        NKeyValueHeads = 4,
        DHead = 12,
        DMlp = 192,
        DVocab = 101,
        NCtx = 64,
        AttentionScale = 1,
    };

    private static ModelConfig Parallel { get; } = Small with
    {
        NLayers = 2,
        NHeads = 3,
        NKeyValueHeads = 3,
        DHead = 16,
        DMlp = 128,
        Block = BlockStyle.Parallel,
        Positions = PositionKind.Rotary,
    };

    private static ModelConfig Gated { get; } = Small with
    {
        NLayers = 2,
        NKeyValueHeads = 2,
        DMlp = 96,
        Gated = true,
        Positions = PositionKind.Rotary,
    };

    public static TheoryData<string> Names =>
        ["gpt2", "neox", "llama", "gptj", "attn_only_2l", "attn_only_2l_shortformer", "bert"];

    public static HookMap Map(string name) => new(name switch
    {
        "gpt2" => Gpt2,
        "neox" => Neox,
        "llama" => Llama,
        "gptj" => Gptj,
        "bert" => Bert,
        "mixture" => Mixture,
        _ => AttnOnly,
    });

    public static void ErrorHas(string part, Action action) => Assert.Contains(part, Error(action), StringComparison.Ordinal);

    public static string Error(Action action)
    {
        string message = Assert.Throws<InvalidInputException>(action).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }
}

namespace Interp.Hooks.Tests;

/// <summary>Outlines of the fixture models.</summary>
internal static class Models
{
    public static ModelOutline Gpt2 { get; } = new()
    {
        NLayers = 3,
        DModel = 48,
        NHeads = 4,
        NKeyValueHeads = 4,
        DHead = 12,
        DMlp = 192,
        DVocab = 101,
        HasPosEmbed = true,
    };

    public static ModelOutline Neox { get; } = new()
    {
        NLayers = 2,
        DModel = 48,
        NHeads = 3,
        NKeyValueHeads = 3,
        DHead = 16,
        DMlp = 128,
        DVocab = 101,
        HasRotary = true,
        Parallel = true,
    };

    public static ModelOutline Llama { get; } = new()
    {
        NLayers = 2,
        DModel = 48,
        NHeads = 4,
        NKeyValueHeads = 2,
        DHead = 12,
        DMlp = 96,
        DVocab = 101,
        HasRotary = true,
        GatedMlp = true,
    };

    public static ModelOutline Gptj { get; } = Neox with { DMlp = 192 };

    public static ModelOutline AttnOnly { get; } = Gpt2 with { NLayers = 2, AttnOnly = true, DMlp = 0 };

    public static ModelOutline Bert { get; } = new()
    {
        NLayers = 2,
        DModel = 48,
        NHeads = 4,
        NKeyValueHeads = 4,
        DHead = 12,
        DMlp = 128,
        DVocab = 101,
        HasPosEmbed = true,
        HasTokenTypes = true,
        HasEmbedNorm = true,
        PostNorm = true,
        Causal = false,
        HasFinalNorm = false,
        HasMlmHead = true,
        EncoderNames = true,
    };

    /// <summary>No fixture: every part that the others lack.</summary>
    public static ModelOutline Mixture { get; } = Llama with
    {
        NormsAfter = true,
        HasQkNorm = true,
        Experts = 4,
        ExpertsPerToken = 2,
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

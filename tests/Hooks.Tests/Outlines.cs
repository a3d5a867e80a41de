namespace Interp.Hooks.Tests;

/// <summary>Outlines of models of different build.</summary>
internal static class Outlines
{
    public static ModelOutline Gpt2 { get; } = new()
    {
        NLayers = 3,
        DModel = 8,
        NHeads = 4,
        NKeyValueHeads = 4,
        DHead = 2,
        DMlp = 16,
        DVocab = 11,
        HasPosEmbed = true,
    };

    public static ModelOutline Llama { get; } = Gpt2 with { HasPosEmbed = false, HasRotary = true, GatedMlp = true, NKeyValueHeads = 2 };

    public static ModelOutline AttentionOnly { get; } = Gpt2 with { AttnOnly = true, DMlp = 0 };

    public static ModelOutline SharedNorm { get; } = Gpt2 with { Parallel = true, SharedNorm = true };

    public static ModelOutline Bert { get; } = Gpt2 with
    {
        PostNorm = true,
        Causal = false,
        HasTokenTypes = true,
        HasEmbedNorm = true,
        HasFinalNorm = false,
        HasMlmHead = true,
        EncoderNames = true,
    };
}

namespace Interp.Tests;

/// <summary>The checkpoints among the fixtures, folders below <c>hf</c>.</summary>
internal static class HuggingFaceModels
{
    /// <summary>Those with reference values of every kind.</summary>
    public static IReadOnlyList<string> Full { get; } =
    [
        "gpt2", "gpt2_invidx", "llama", "llama_bias", "llama_mha_tied", "llama_rope_linear", "llama_rope_dynamic",
        "llama_rope_yarn", "llama3_rope", "mistral", "qwen2", "gemma", "gemma2", "phi3", "stablelm", "gpt_neox", "gpt_neox_seq",
        "gpt_neo", "gptj", "opt", "opt_350m_style", "phi", "phi_gqa", "falcon", "falcon_new", "bloom", "bloom_h6", "bert",
        "roberta", "distilbert",
    ];

    /// <summary>With those that were saved in another way.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. Full, "gpt2_hubstyle", "gpt2_onnx", "llama_bf16", "llama_onnx", "llama_sharded",
        "gpt_neox_hubstyle", "bert_hubstyle",
    ];
}

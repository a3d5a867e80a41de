namespace Interp.Tests;

/// <summary>Graphs among the fixtures, exported from transformers by torch.</summary>
internal static class OnnxGraphs
{
    /// <summary>Folders and files below <c>hf</c>.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "gpt2/model.onnx", "gpt2_onnx/model.onnx", "gpt2_onnx/model_fp16.onnx", "gpt2_onnx/model_kv.onnx",
        "gpt2_onnx/model_nofold.onnx", "gpt2_onnx/model_with_past.onnx", "llama/model.onnx", "llama/external/model.onnx",
        "llama_onnx/model.onnx", "llama_onnx/model_fp16.onnx", "llama_onnx/model_kv.onnx", "llama_onnx/model_nofold.onnx",
        "llama_onnx/model_with_past.onnx", "llama_mha_tied/model_tf430.onnx", "mistral/model_tf436.onnx", "qwen2/model.onnx",
        "gpt_neox/model.onnx", "gpt_neox/model_tf430.onnx", "bert/model.onnx", "bert/model_nofold.onnx",
        "bert/model_opset17.onnx", "opt/model.onnx", "phi/model.onnx", "roberta/model.onnx", "distilbert/model.onnx",
        "gemma2/model.onnx",
    ];
}

namespace Interp.Runtime.Families;

/// <summary>
/// Llama (Touvron et al. 2023), Mistral (Jiang et al. 2023: sliding window) and Qwen2 (Yang et al. 2024: biases on q, k
/// and v). Reference: transformers, modeling_llama, modeling_mistral, modeling_qwen2.
/// </summary>
/// <param name="modelType">llama, mistral or qwen2.</param>
public sealed class LlamaFamily(string modelType) : LlamaStyleFamily(modelType)
{
    /// <inheritdoc/>
    public override ModelConfig ReadConfig(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Only("rope_interleaved", false);
        config.Only("use_mrope", false);
        if (ModelType == "qwen2")
        {
            config.Accept(UnusedWindow);
        }

        return base.ReadConfig(config);
    }

    /// <inheritdoc/>
    /// <remarks>Qwen2 has biases on q, k and v and none on the output, whatever is said of them.</remarks>
    private protected override bool? AttentionBias(ConfigReader config) =>
        ModelType == "qwen2" ? null : base.AttentionBias(config);

    /// <inheritdoc/>
    private protected override int? Window(ConfigReader config) => ModelType switch
    {
        "mistral" => config.OptionalInt("sliding_window"),
        "qwen2" when config.Flag("use_sliding_window", false) => config.OptionalInt("sliding_window"),
        _ => null,
    };

    /// <inheritdoc/>
    /// <remarks>Qwen2 slides only from max_window_layers upward; Mistral in every layer.</remarks>
    private protected override bool Slides(ConfigReader config, int layer, int layers) =>
        ModelType != "qwen2" || layer >= config.Int("max_window_layers", layers);
}

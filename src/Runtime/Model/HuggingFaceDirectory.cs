using Interp.Runtime.Tokenization;
using Interp.Runtime.Weights;

namespace Interp.Runtime;

/// <summary>config.json, safetensors and tokenizer files in one directory.</summary>
internal sealed class HuggingFaceDirectory(string path) : IModelSource
{
    private Checkpoint? _checkpoint;

    /// <inheritdoc/>
    public ConfigReader Config { get; } = ConfigReader.Open(Path.Combine(path, "config.json"));

    /// <inheritdoc/>
    public ConfigReader? Generation => GenerationFile(path);

    /// <summary>The generation_config.json of a folder, or null.</summary>
    public static ConfigReader? GenerationFile(string folder) =>
        Path.Combine(folder, "generation_config.json") is var file && File.Exists(file) ? ConfigReader.Open(file) : null;

    /// <inheritdoc/>
    public IWeightSource Weights(ModelConfig config) => _checkpoint ??= Checkpoint.Open(path);

    /// <inheritdoc/>
    public TextTokenizer? Tokenizer(ModelConfig config) => TokenizerLoader.TryLoad(path);

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, byte[] Content)> TokenizerFiles(ModelConfig config) => TokenizerLoader.Files(path);

    /// <inheritdoc/>
    public void EndReading() => _checkpoint?.Unmap();

    /// <inheritdoc/>
    public void Dispose() => _checkpoint?.Dispose();
}

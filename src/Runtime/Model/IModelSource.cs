using Interp.Runtime.Gguf;
using Interp.Runtime.Tokenization;
using Interp.Runtime.Weights;

namespace Interp.Runtime;

/// <summary>
/// A model on disk, whatever the format, as a Hugging Face directory would have it: settings under the names of config.json,
/// tensors under the family's names, a tokenizer where there is one.
/// </summary>
internal interface IModelSource : IDisposable
{
    /// <summary>The settings.</summary>
    ConfigReader Config { get; }

    /// <summary>The settings of generation that stand in a file of their own, or null.</summary>
    /// <exception cref="InvalidInputException">The file is damaged.</exception>
    ConfigReader? Generation => null;

    /// <summary>Opens ONNX files; null until the project that reads them is registered.</summary>
    static Func<string, IModelSource>? Onnx { get; set; }

    /// <summary>Opens what a path names: a directory, an .onnx or a .gguf file.</summary>
    /// <exception cref="InvalidInputException">There is nothing of the kind, or it is damaged.</exception>
    static IModelSource Open(string path) => (Directory.Exists(path), Path.GetExtension(path).ToLowerInvariant()) switch
    {
        (true, _) => new HuggingFaceDirectory(path),
        (_, ".onnx") => Onnx is { } open ? open(path) : throw new InvalidInputException(
            $"{path}: ONNX files are read by the package Interp.Onnx: reference it, and call Interp.Onnx.OnnxFormat.Register() before the first is loaded"),
        (_, ".gguf") => GgufModel.Open(path),
        _ => throw new InvalidInputException(File.Exists(path)
            ? $"{path}: expected a Hugging Face directory (config.json and *.safetensors), an .onnx or a .gguf file, found another file"
            : $"{path}: no such file or directory"),
    };

    /// <summary>The configuration with what only the weights tell.</summary>
    /// <param name="config">What the settings say.</param>
    /// <exception cref="InvalidInputException">The weights tell something that makes no sense.</exception>
    ModelConfig Complete(ModelConfig config) => config;

    /// <summary>The tensors under the family's names.</summary>
    /// <param name="config">The resolved configuration.</param>
    /// <exception cref="InvalidInputException">There are no weights, or they are damaged.</exception>
    IWeightSource Weights(ModelConfig config);

    /// <summary>The tokenizer, or null when there is none.</summary>
    /// <param name="config">The resolved configuration.</param>
    /// <exception cref="InvalidInputException">It is damaged, or of a kind that is not read.</exception>
    TextTokenizer? Tokenizer(ModelConfig config);

    /// <summary>The tokenizer as files of a Hugging Face directory; none where there is no tokenizer.</summary>
    /// <param name="config">The resolved configuration.</param>
    /// <exception cref="InvalidInputException">It is damaged, or cannot be said by such files.</exception>
    IReadOnlyList<(string Name, byte[] Content)> TokenizerFiles(ModelConfig config);

    /// <summary>Ends the reading of weights: unmaps files and leaves open what their hash takes.</summary>
    /// <exception cref="InvalidInputException">A file was changed while it was read.</exception>
    void EndReading();
}

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

using Interp.Runtime.Tokenization;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Gguf;

/// <summary>
/// A model in a GGUF file, as a Hugging Face directory would have it: settings under the names of config.json, weights under the
/// names of the checkpoint, the tokenizer.
/// </summary>
internal sealed class GgufModel : IModelSource
{
    private const string RotaryDivisors = "rope_freqs.weight";

    private readonly GgufFile file;
    private readonly GgufWeights weights;

    private GgufModel(GgufFile file)
    {
        this.file = file;
        GgufArchitecture architecture = GgufArchitecture.Of(file.Metadata);
        GgufConfig config = new(file, architecture.Name);
        Config = config.Read();
        weights = new GgufWeights(file, architecture, config.Heads, config.KeyValueHeads);
    }

    /// <summary>The settings.</summary>
    public ConfigReader Config { get; }

    /// <summary>Opens a file and reads its settings.</summary>
    /// <exception cref="InvalidInputException">The file is damaged, or something in it is not supported.</exception>
    public static GgufModel Open(string path)
    {
        GgufFile file = GgufFile.Open(path);
        try
        {
            return new GgufModel(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The configuration with the divisors of rotary frequencies that the file may hold as a tensor.</summary>
    /// <exception cref="InvalidInputException">The tensor has another shape than the frequencies, or a divisor makes no sense.</exception>
    public ModelConfig Complete(ModelConfig config)
    {
        if (config.Rotary is not { } rotary || !weights.Contains(RotaryDivisors))
            return config;
        float[] divisors = weights.Read(RotaryDivisors, rotary.Dim / 2);
        if (Array.Find(divisors, d => !(d > 0 && float.IsFinite(d))) is var wrong && !divisors.All(d => d > 0 && float.IsFinite(d)))
            throw new InvalidInputException($"{file.FilePath}: tensor '{RotaryDivisors}': expected positive numbers, found {wrong}");
        return config with { Rotary = rotary with { Divisors = divisors } };
    }

    /// <inheritdoc/>
    public IWeightSource Weights(ModelConfig config) => weights;

    /// <inheritdoc/>
    public TextTokenizer? Tokenizer(ModelConfig config) => GgufTokenizer.Read(file.FilePath, file.Metadata, config.DVocab)?.Build();

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, byte[] Content)> TokenizerFiles(ModelConfig config) =>
        GgufTokenizer.Read(file.FilePath, file.Metadata, config.DVocab)?.Files() ?? [];

    /// <inheritdoc/>
    public void EndReading() => file.Unmap();

    /// <summary>Unmaps the file.</summary>
    public void Dispose() => file.Dispose();
}

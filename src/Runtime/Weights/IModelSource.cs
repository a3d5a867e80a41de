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

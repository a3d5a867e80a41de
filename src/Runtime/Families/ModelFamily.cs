using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>
/// One family of checkpoints: how its config.json and its tensor names map to <see cref="ModelConfig"/> and
/// <see cref="ModelWeights"/>. There is one block implementation for all of them.
/// </summary>
public abstract class ModelFamily
{
    private static readonly ModelFamily[] Known =
    [
        new Gpt2Family(),
        new LlamaFamily("llama"),
        new LlamaFamily("mistral"),
        new LlamaFamily("qwen2"),
        new Qwen3Family(),
        new GemmaFamily(),
        new Gemma2Family(),
        new Phi3Family(),
        new StableLmFamily(),
        new Olmo2Family(),
        new MixtralFamily(),
        new GptNeoXFamily(),
        new GptNeoFamily(),
        new GptJFamily(),
        new OptFamily(),
        new PhiFamily(),
        new FalconFamily(),
        new BloomFamily(),
        new BertFamily(),
        new RobertaFamily(),
        new DistilBertFamily(),
        new HookedTransformerFamily(),
    ];

    /// <summary>The names that <c>model_type</c> may have.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Select(f => f.ModelType)];

    /// <summary>The family's <c>model_type</c>.</summary>
    public abstract string ModelType { get; }

    /// <summary>Finds the family of a config.json.</summary>
    /// <param name="config">The settings.</param>
    /// <exception cref="InvalidInputException">The family is unknown.</exception>
    public static ModelFamily For(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        string type = config.Text("model_type");
        return Array.Find(Known, f => f.ModelType == type) ?? throw new InvalidInputException(
            $"{config.Path}: model_type '{type}' is not supported; expected one of {string.Join(", ", Names)}");
    }

    /// <summary>Resolves the configuration.</summary>
    /// <param name="config">The family's settings.</param>
    /// <exception cref="InvalidInputException">A field is missing, wrong, contradictory or not supported.</exception>
    public abstract ModelConfig ReadConfig(ConfigReader config);

    /// <summary>
    /// Resolves the configuration and refuses settings that nobody asked for: they might change the computation. So a family knows
    /// the settings that <see cref="ReadConfig"/> reads, and those of <see cref="Harmless"/>.
    /// </summary>
    /// <param name="config">The family's settings.</param>
    /// <exception cref="InvalidInputException">
    /// A field is missing, wrong, contradictory, not supported or not known; the message names it.
    /// </exception>
    public ModelConfig Resolve(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        HarmlessSettings.RefuseOthers(config);
        ModelConfig resolved = ReadConfig(config);
        config.RefuseUnknown($"model_type {ModelType}", Harmless);
        return resolved;
    }

    /// <summary>Settings that change nothing in what is computed.</summary>
    protected virtual IReadOnlySet<string> Harmless => HarmlessSettings.Common;

    /// <summary>The configuration with what only the tensors tell.</summary>
    /// <param name="config">The resolved configuration.</param>
    /// <param name="source">Where tensors come from.</param>
    /// <exception cref="InvalidInputException">Configuration and tensors contradict each other.</exception>
    public virtual ModelConfig Complete(ModelConfig config, IWeightSource source) => config;

    /// <summary>Reads the weights.</summary>
    /// <param name="config">The resolved configuration.</param>
    /// <param name="source">Where tensors come from.</param>
    /// <exception cref="InvalidInputException">A tensor is missing, misshapen or left over.</exception>
    public abstract ModelWeights ReadWeights(ModelConfig config, IWeightSource source);
}

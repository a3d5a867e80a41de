using Interp.Runtime.Families;
using Interp.Runtime.Machine;
using Interp.Runtime.Tokenization;
using Interp.Runtime.Weights;

namespace Interp.Onnx;

/// <summary>
/// A transformer in an ONNX file: its configuration and its weights, as a Hugging Face directory would have them.
/// </summary>
internal sealed class OnnxModel : IModelSource
{
    private const string ConfigName = "config.json";

    // Of an embedding model, the hidden state rather than what is pooled of it.
    private static readonly string[] LastValues = ["logits", "last_hidden_state", "token_embeddings"];

    private readonly OnnxFile _file;
    private readonly SiteNames _names;
    private ConfigReader? _config;
    private IReadOnlyDictionary<string, GraphInput>? _inputs;

    private OnnxModel(OnnxFile file, Stream stream)
    {
        _file = file;
        Stream = stream;
        EmbeddingFinder.Find(stream);
        LinearFinder.Find(stream);
        AttentionFinder.Find(stream);
        NormFinder.Find(stream);
        Structure = BlockStructure.Read(stream);
        _names = new SiteNames(stream.Sites);
    }

    /// <summary>The graph's stream, with all sites.</summary>
    public Stream Stream { get; }

    /// <summary>What each site does.</summary>
    public BlockStructure Structure { get; }

    /// <summary>The inputs of the graph by name, with what each is for.</summary>
    /// <exception cref="InvalidInputException">It is not clear what an input is for.</exception>
    public IReadOnlyDictionary<string, GraphInput> Inputs => _inputs ??= GraphInputs.Of(Stream);

    /// <summary>The folder of config.json and the tokenizer: the file's own, or, as in repositories with a folder for ONNX,
    /// the one above.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <returns>The file's own folder when neither has a config.json.</returns>
    public static string FolderOf(string path)
    {
        string own = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string? above = Path.GetDirectoryName(own);
        bool useAbove = above is not null && !File.Exists(Path.Combine(own, ConfigName))
            && File.Exists(Path.Combine(above, ConfigName));
        return useAbove ? above! : own;
    }

    /// <summary>Reads a file and finds the parts of its graph.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidInputException">The file is damaged, or its graph is no language model.</exception>
    public static OnnxModel Open(string path)
    {
        OnnxFile file = OnnxFile.Open(path);
        try
        {
            OnnxGraph graph = OnnxGraph.Read(file);
            OnnxGraph.RefuseHiddenMaps(graph);
            if (graph.Outputs.Count == 0)
            {
                throw new InvalidInputException($"{path}: expected a graph with an output, the logits, found none");
            }

            string logits = Array.Find(LastValues, graph.Outputs.Contains) ?? graph.Outputs[0];
            return new OnnxModel(file, new Stream(graph, logits, EmbeddingFinder.Nodes(graph)));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The settings: config.json, or what the graph tells.</summary>
    /// <exception cref="InvalidInputException">There is no config.json and the graph does not tell everything.</exception>
    public ConfigReader Config => _config ??= ReadConfig();

    /// <summary>
    /// The configuration for this graph: one that ends with the last hidden state has no head. Where it holds token vectors as wide as the stream, the maps from and to narrower ones are
    /// part of them, and the unembedding is a matrix of its own.
    /// </summary>
    /// <param name="config">What the settings say.</param>
    public ModelConfig Complete(ModelConfig config) => Structure.Headless
        ? config with { HasUnembed = false, MlmHead = false, TiedUnembedding = false }
        : config.EmbedWidth is not null && Structure.Find(Role.TokenEmbedding)?.Site is EmbeddingSite table && table.Table.Columns == config.DModel
            ? config with { EmbedWidth = null, TiedUnembedding = false }
            : config;

    /// <summary>The weights under the family's names.</summary>
    /// <param name="config">The resolved configuration.</param>
    /// <exception cref="InvalidInputException">The graph is not a model of this configuration.</exception>
    public IWeightSource Weights(ModelConfig config)
    {
        if (_file.Model.MetadataProps.FirstOrDefault(p => p.Key == OnnxFile.InterventionsKey) is { } baked)
        {
            // Only weights are read here, and they are those of the model without interventions.
            throw new InvalidInputException($"{_file.Path}: interventions are part of this graph ({OneLine.Quote(baked.Value)}): "
                + "expected one without; load the model itself and give the interventions beside it");
        }

        // An input that does something else would be left out of what runs.
        _ = Inputs;
        FamilyLayout layout = FamilyLayout.For(config) ?? throw new InvalidInputException(
            $"{_file.Path}: model_type '{config.Family}' is not read from ONNX; expected one of {string.Join(", ", Known())}");
        OnnxWeights weights = WeightAssembly.Create(Stream, Structure, _names, layout, config);
        FunctionCheck.Check(Stream, Structure, config);
        return weights;
    }

    /// <inheritdoc/>
    public TextTokenizer? Tokenizer(ModelConfig config) => TokenizerLoader.TryLoad(FolderOf(_file.Path));

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, byte[] Content)> TokenizerFiles(ModelConfig config) => TokenizerLoader.Files(FolderOf(_file.Path));

    /// <inheritdoc/>
    public ConfigReader? Generation => HuggingFaceDirectory.GenerationFile(FolderOf(_file.Path));

    /// <inheritdoc/>
    public void EndReading() => _file.External.ThrowIfChanged();

    /// <summary>Closes the files.</summary>
    public void Dispose() => _file.Dispose();

    private ConfigReader ReadConfig()
    {
        string path = Path.Combine(FolderOf(_file.Path), ConfigName);
        GenaiConfig? genai = GenaiConfig.TryRead(_file.Path);
        genai?.Check(Stream, Structure);
        return File.Exists(path) ? ConfigReader.Open(path) : OnnxConfig.Infer(Stream, Structure, _names, genai);
    }

    private static IEnumerable<string> Known() => FamilyLayout.Names.Intersect(ModelFamily.Names);
}

using System.Text.Json.Nodes;
using Interp.Runtime.Families;
using Interp.Runtime.Weights;

namespace Interp.Onnx;

/// <summary>
/// Settings for a graph without a config.json: the family by its names, sizes by the shapes of its weights, the rest by its
/// operators. Where the graph leaves two models possible, it is refused.
/// </summary>
internal sealed class OnnxConfig
{
    // A graph with rotary positions runs at any length.
    private const int LongestContext = 131_072;

    private readonly string _path;
    private readonly Stream _stream;
    private readonly BlockStructure _structure;
    private readonly SiteNames _names;
    private readonly GraphFacts _facts;
    private readonly GenaiConfig? _genai;

    private OnnxConfig(Stream stream, BlockStructure structure, SiteNames names, GenaiConfig? genai)
    {
        _genai = genai;
        _path = stream.Graph.File.Path;
        _stream = stream;
        _structure = structure;
        _names = names;
        _facts = new GraphFacts(stream, structure);
    }

    /// <summary>Infers the settings.</summary>
    /// <param name="stream">The stream with all sites.</param>
    /// <param name="structure">Their roles.</param>
    /// <param name="names">Their names.</param>
    /// <param name="genai">What a genai_config.json beside the graph says, or null.</param>
    /// <exception cref="InvalidInputException">The graph leaves something open.</exception>
    public static ConfigReader Infer(Stream stream, BlockStructure structure, SiteNames names, GenaiConfig? genai = null) =>
        new OnnxConfig(stream, structure, names, genai).Read();

    private ConfigReader Read()
    {
        LinearSite? unembed = Linear(Role.Unembed);
        if (_structure.Layers == 0 || (unembed is null && !_structure.Headless) || Linear(Role.FeedForwardOut) is not { } output
            || _structure.Find(Role.TokenEmbedding) is not { Site: EmbeddingSite tokens })
        {
            throw Open("no token embedding, attention, FFN and unembedding could be followed");
        }

        string family = Family();
        (int heads, int keyHeads) = _facts.Heads() ?? _genai?.Heads ?? throw Open("the number of heads");
        string activation = _facts.Activation() ?? throw Open("the nonlinearity of the FFN");
        var settings = new JsonObject
        {
            ["model_type"] = family,
            ["vocab_size"] = tokens.Table.Rows,
            ["tie_word_embeddings"] = unembed is not null && GraphCheck.AreTied(unembed, tokens),
        };
        float epsilon = _stream.Of<NormSite>()[0].Epsilon;
        int width = tokens.Table.Columns;
        switch (family)
        {
            case "gpt2":
                Set(settings, width, "n_embd", "n_layer", "n_head", heads);
                settings["n_inner"] = output.Width;
                settings["n_positions"] = Positions();
                settings["layer_norm_epsilon"] = epsilon;
                settings["activation_function"] = activation;
                break;
            case "bert":
                Set(settings, width, "hidden_size", "num_hidden_layers", "num_attention_heads", heads);
                settings["intermediate_size"] = output.Width;
                settings["max_position_embeddings"] = Positions();
                settings["layer_norm_eps"] = epsilon;
                settings["hidden_act"] = activation;
                settings["type_vocab_size"] = _structure.Find(Role.TokenTypeEmbedding) is { Site: EmbeddingSite types }
                    ? types.Table.Rows : 0;
                break;
            default:
                int head = (Linear(Role.AttentionOutput) ?? throw Open("the output of attention")).Width / heads;
                Set(settings, width, "hidden_size", "num_hidden_layers", "num_attention_heads", heads);
                settings["num_key_value_heads"] = keyHeads;
                settings["head_dim"] = head;
                settings["intermediate_size"] = output.Width;
                settings["max_position_embeddings"] = _genai?.ContextLength ?? LongestContext;
                settings["rms_norm_eps"] = epsilon;
                settings["hidden_act"] = activation;
                settings["rope_theta"] = _facts.RotaryBase(head) ?? throw Open("the frequencies of its rotary positions");
                break;
        }

        _genai?.AddTokens(settings);
        return ConfigReader.Parse($"{_path} (settings read from the graph)", settings.ToJsonString());
    }

    private string Family()
    {
        if (_genai?.Family is { } named)
        {
            return FamilyLayout.For(named) is not null && named is "gpt2" or "llama" or "qwen2" or "bert"
                ? named
                : throw Open($"all settings of {named}, which genai_config.json names");
        }

        string[] fitting = [.. FamilyLayout.Names.Intersect(ModelFamily.Names).Where(Fits)];
        if (fitting.Length == 0)
        {
            throw Open("the names of its weights, which are those of no family that is known");
        }

        if (!_facts.HasOneScale())
        {
            throw Open("the scale of its attention");
        }

        if (fitting.Contains("llama"))
        {
            bool rms = _stream.Of<NormSite>().All(n => n.Rms), biased = Linear(Role.Query)?.Bias is not null;
            bool scaled = _structure.Find(Role.TokenEmbedding) is { } embedding
                && _stream.Readers(embedding.Site.Output).Any(n => n.Op == "Mul"
                && n.Inputs.Any(i => _stream.Graph.Constant(i)?.Count == 1));
            return !rms || scaled ? throw Open("which of the families with these names it is: its norms or embeddings are "
                + $"not those of llama")
                : _facts.MayHaveWindow() ? throw Open("whether attention has a sliding window")
                : biased && Linear(Role.AttentionOutput)?.Bias is null ? "qwen2" : "llama";
        }

        return fitting is ["gpt2" or "bert"] ? fitting[0] : throw Open($"all settings of {string.Join(" or ", fitting)}");
    }

    // Every module has its name somewhere, or a weight that an optimizer merged with equal ones under one name; one map at least is named.
    private bool Fits(string family)
    {
        FamilyLayout layout = FamilyLayout.For(family)!;
        Module[] modules = [.. layout.Modules.Where(m => m.Role != Role.Unembed
            && !(_structure.Headless && m.Role is Role.HeadDense or Role.HeadNorm))];
        return modules.All(m => Named(m, layout) is not null || Merged(m)) && modules.Any(m => m.PerLayer && Named(m, layout) is LinearSite);
    }

    private Site? Named(Module module, FamilyLayout layout) => Enumerable.Range(0, module.PerLayer ? _structure.Layers : 1)
        .Select(layer => module.Role switch
        {
            Role.TokenEmbedding or Role.PositionEmbedding or Role.TokenTypeEmbedding => _names.Find<EmbeddingSite>(module.At(layer), layout.Prefix),
            Role.EmbedNorm or Role.Norm1 or Role.Norm2 or Role.FinalNorm or Role.HeadNorm => _names.Find<NormSite>(module.At(layer), layout.Prefix),
            _ => _names.Find<Site>(module.At(layer), layout.Prefix),
        })
        .FirstOrDefault(site => site is not null);

    private bool Merged(Module module) => Enumerable.Range(0, module.PerLayer ? _structure.Layers : 1).All(layer =>
        _structure.Find(module.Role, layer)?.Site is { } site && site.Constants.FirstOrDefault() is { } weight
        && _stream.Sites.Any(other => other != site && other.Constants.Any(c => ReferenceEquals(c.Tensor, weight.Tensor))));

    private void Set(JsonObject settings, int width, string widthName, string layersName, string headsName, int heads)
    {
        settings[widthName] = width;
        settings[layersName] = _structure.Layers;
        settings[headsName] = heads;
    }

    private int Positions() => _structure.Find(Role.PositionEmbedding) is { Site: EmbeddingSite positions }
        ? positions.Table.Rows
        : throw Open("the length of its context");

    private LinearSite? Linear(Role role) => _structure.Find(role)?.Site as LinearSite;

    private InvalidInputException Open(string what)
    {
        HashSet<Site> placed = [.. _structure.Roles.Values.Select(p => p.Site)];
        Site? strange = _stream.Sites.Where(s => s is not AttentionSite && !placed.Contains(s)).MinBy(s => s.Node.Order);
        string rest = strange is null ? "" : $"; the first node that was not recognised is {strange.Node.Label}";
        return new InvalidInputException($"{_path}: there is no config.json beside it, and the graph leaves open: {what} "
            + $"(recognised were "
            + $"{_structure.Layers} layers and {placed.Count} parts{rest}); a config.json beside it would settle it");
    }
}

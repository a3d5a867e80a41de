using System.Text.Json;
using System.Text.Json.Nodes;
using Interp.Runtime.Machine;
using Interp.Runtime.Weights;

namespace Interp.Onnx;

/// <summary>
/// genai_config.json, which onnxruntime-genai keeps beside a graph: it names the family and sizes, which settle what a graph leaves open and
/// must agree with what it does not. Keys that could change what is computed are known or refused.
/// </summary>
internal sealed class GenaiConfig
{
    private const string FileName = "genai_config.json";

    // How tokens are chosen and sessions run is no part of what a graph computes.
    private static readonly string[] Top = ["model", "search", "engine"];
    private static readonly string[] Model = ["bos_token_id", "eos_token_id", "pad_token_id", "context_length", "decoder", "type", "vocab_size"];
    private static readonly string[] Decoder =
    [
        "session_options", "run_options", "filename", "head_size", "hidden_size", "inputs", "outputs", "num_attention_heads", "num_hidden_layers",
        "num_key_value_heads",
    ];

    private readonly ConfigReader _model;
    private readonly ConfigReader _decoder;

    private GenaiConfig(ConfigReader model, ConfigReader decoder) => (_model, _decoder) = (model, decoder);

    /// <summary>The family, under Hugging Face's name; null when the file does not say.</summary>
    public string? Family => _model.Has("type") ? _model.Text("type") : null;

    /// <summary>Numbers of heads of queries and of keys; null when the file does not say.</summary>
    public (int Heads, int KeyHeads)? Heads => _decoder.OptionalInt("num_attention_heads") is { } heads
        ? (heads, _decoder.Int("num_key_value_heads", heads))
        : null;

    /// <summary>The longest context; null when the file does not say.</summary>
    public int? ContextLength => _model.OptionalInt("context_length");

    /// <summary>Reads the file beside a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="InvalidInputException">It is damaged, belongs to another graph, or says something that is not known.</exception>
    public static GenaiConfig? TryRead(string graph)
    {
        string path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(graph))!, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        var file = ConfigReader.Open(path);
        Known(file, Top);
        ConfigReader model = file.Object("model") ?? throw new InvalidInputException($"{path}: model: expected an object, found nothing");
        Known(model, Model);
        ConfigReader decoder = model.Object("decoder") ?? throw new InvalidInputException($"{path}: model: decoder: expected an object, found nothing");
        Known(decoder, Decoder);
        string name = Path.GetFileName(graph), expected = decoder.Text("filename", name);
        return expected == name
            ? new GenaiConfig(model, decoder)
            : throw new InvalidInputException($"{path}: decoder: filename: expected {OneLine.Quote(name)}, the graph that is read, found {OneLine.Quote(expected)}");
    }

    /// <summary>Refuses a file that contradicts the graph.</summary>
    /// <param name="stream">The graph's stream, with all sites.</param>
    /// <param name="structure">Their roles.</param>
    public void Check(Stream stream, BlockStructure structure)
    {
        var facts = new GraphFacts(stream, structure);
        Agree(_decoder, "num_hidden_layers", structure.Layers > 0 ? structure.Layers : null);
        if (structure.Find(Role.TokenEmbedding) is { Site: EmbeddingSite tokens })
        {
            Agree(_decoder, "hidden_size", tokens.Table.Columns);
            Agree(_model, "vocab_size", tokens.Table.Rows);
        }

        if (structure.Layers > 0 && facts.Heads() is var (heads, keys))
        {
            Agree(_decoder, "num_attention_heads", heads);
            Agree(_decoder, "num_key_value_heads", keys);
            Agree(_decoder, "head_size", structure.Find(Role.AttentionOutput) is { Site: LinearSite output } ? output.Width / heads : null);
        }

        Names("inputs", stream.Graph.Inputs);
        Names("outputs", stream.Graph.Outputs);
    }

    /// <summary>Adds the tokens that begin and end texts to settings.</summary>
    /// <param name="settings">Settings under the names of config.json.</param>
    public void AddTokens(JsonObject settings)
    {
        foreach (string field in new[] { "bos_token_id", "eos_token_id", "pad_token_id" })
        {
            if (_model.Raw(field) is { } value)
            {
                settings[field] = JsonNode.Parse(value.GetRawText());
            }
        }
    }

    private static void Known(ConfigReader reader, string[] known)
    {
        using var document = JsonDocument.Parse(reader.Json);
        foreach (JsonProperty property in document.RootElement.EnumerateObject().Where(p => !known.Contains(p.Name, StringComparer.Ordinal)))
        {
            throw new InvalidInputException($"{reader.Path}: the key {OneLine.Quote(property.Name)} is not known, and could change what is computed; "
                + $"expected one of {string.Join(", ", known)}");
        }
    }

    private static void Agree(ConfigReader reader, string field, int? found)
    {
        if (found is { } graph && reader.OptionalInt(field) is { } said && said != graph)
        {
            throw new InvalidInputException($"{reader.Path}: {field}: expected {graph}, as in the graph, found {said}");
        }
    }

    // Names for each layer hold a %d.
    private void Names(string field, IReadOnlyList<string> there)
    {
        if (_decoder.Object(field) is not { } names)
        {
            return;
        }

        using var document = JsonDocument.Parse(names.Json);
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            string name = names.Text(property.Name).Replace("%d", "0", StringComparison.Ordinal);
            if (!there.Contains(name, StringComparer.Ordinal))
            {
                throw new InvalidInputException($"{names.Path}: {property.Name}: expected one of the graph's {field} ({string.Join(", ", there.Take(8))}), "
                    + $"found {OneLine.Quote(name)}");
            }
        }
    }
}

using System.Text.Json.Nodes;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Gguf;

/// <summary>
/// Turns a file's metadata into the settings that the same model has in config.json. A key of the architecture that is not known
/// is refused: it might change the computation.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="architecture">Its architecture, which all its keys begin with.</param>
internal sealed class GgufConfig(GgufFile file, string architecture)
{
    private const string Embedding = "token_embd.weight", Unembedding = "output.weight";

    private readonly GgufMetadata metadata = file.Metadata;
    private readonly HashSet<string> known = new(StringComparer.Ordinal);

    /// <summary>Query heads per layer.</summary>
    public int Heads => Int("attention.head_count");

    /// <summary>Key-value heads per layer.</summary>
    public int KeyValueHeads => Int("attention.head_count_kv", Heads);

    /// <summary>The settings.</summary>
    /// <exception cref="InvalidInputException">A key is missing, wrong or not supported.</exception>
    public ConfigReader Read()
    {
        if (metadata.Int("split.count", 1) > 1)
            throw metadata.Error("split.count", "a file in several parts is not supported; merge them (gguf-split --merge)");
        if (metadata.Text("general.type", "model") is var type && type != "model")
            throw metadata.Error("general.type", $"expected model, found {OneLine.Quote(type)}");
        RefuseVariants();
        JsonObject settings = architecture == "gpt2" ? Gpt2() : Llama();
        settings["vocab_size"] = Vocabulary();
        settings["tie_word_embeddings"] = !file.Tensors.ContainsKey(Unembedding);
        settings["bos_token_id"] = GgufTokenizer.Id(metadata, "tokenizer.ggml.bos_token_id");
        settings["eos_token_id"] = GgufTokenizer.Id(metadata, "tokenizer.ggml.eos_token_id");
        foreach (string key in metadata.Keys)
        {
            if (key.StartsWith(architecture + ".", StringComparison.Ordinal) && !known.Contains(key))
            {
                throw metadata.Error(key, "the key is not supported; nothing would be right if it were ignored "
                    + $"(the nearest known key is {OneLine.List(NearestNames.Find(key, known, 1))})");
            }
        }
        return ConfigReader.Parse(file.FilePath, settings.ToJsonString());
    }

    // What llama.cpp's other architectures have, at the values that leave these as they are.
    private void RefuseVariants()
    {
        foreach ((string name, double[] neutral) in new (string, double[])[]
        {
            ("expert_count", [0]), ("expert_used_count", [0]), ("expert_shared_count", [0]), ("expert_feed_forward_length", [0]),
            ("leading_dense_block_count", [0]), ("attention.clamp_kqv", [0]), ("attention.max_alibi_bias", [0]), ("attention.scale", [0]),
            ("attn_logit_softcapping", [0]), ("final_logit_softcapping", [0]), ("logit_scale", [0, 1]), ("embedding_scale", [0, 1]),
            ("residual_scale", [0, 1]),
        })
        {
            if (Number(name, neutral[0]) is var found && !neutral.Contains(found))
                throw metadata.Error(Key(name), $"expected {neutral[^1]}, found {found}; the other setting is not supported");
        }
        if (Flag("use_parallel_residual", false))
            throw metadata.Error(Key("use_parallel_residual"), "expected false, the other setting is not supported");

        // How texts become one vector, which is not computed here.
        Key("pooling_type");
    }

    private JsonObject Gpt2()
    {
        Only("attention.head_count_kv", Heads, Heads);
        return new JsonObject
        {
            ["model_type"] = "gpt2",
            ["n_embd"] = Int("embedding_length"),
            ["n_head"] = Heads,
            ["n_layer"] = Blocks(),
            ["n_inner"] = Int("feed_forward_length"),
            ["n_positions"] = Int("context_length"),
            ["layer_norm_epsilon"] = Number("attention.layer_norm_epsilon"),
        };
    }

    private JsonObject Llama()
    {
        int width = Int("embedding_length"), heads = Heads;
        int head = Int("attention.key_length", heads > 0 && width % heads == 0 ? width / heads : 0);
        Only("attention.value_length", head, head);
        Only("rope.dimension_count", head, head);
        if (!Flag("attention.causal", true))
            throw metadata.Error(Key("attention.causal"), "expected true, the other setting is not supported");
        if (architecture == "llama" && Text("tensor_data_layout", LlamaLayout) != LlamaLayout)
            throw metadata.Error(Key("tensor_data_layout"), $"expected {LlamaLayout}, the other settings are not supported");
        int? window = architecture == "llama" && metadata.Has(Key("attention.sliding_window"))
            ? Int("attention.sliding_window")
            : null;
        return new JsonObject
        {
            // In this format Mistral is a Llama; what it has beyond one is its window.
            ["model_type"] = window is null ? architecture : "mistral",
            ["sliding_window"] = window,
            ["hidden_size"] = width,
            ["num_attention_heads"] = heads,
            ["num_key_value_heads"] = KeyValueHeads,
            ["head_dim"] = head == 0 ? null : head,
            ["num_hidden_layers"] = Blocks(),
            ["intermediate_size"] = Int("feed_forward_length"),
            ["max_position_embeddings"] = Int("context_length"),
            ["rms_norm_eps"] = Number("attention.layer_norm_rms_epsilon"),
            ["rope_theta"] = Number("rope.freq_base", 10000),
            ["rope_scaling"] = Scaling(),
        };
    }

    private const string LlamaLayout = "Meta AI original pth";

    // What llama.cpp has for "as the type of scaling asks for".
    private const double UsualMix = -1;

    private JsonObject? Scaling()
    {
        string type = Text("rope.scaling.type", "none");
        double old = Number("rope.scale_linear", 1), factor = Number("rope.scaling.factor", old);
        int original = Int("rope.scaling.original_context_length", 0);
        double attention = Number("rope.scaling.attn_factor", 1) * Number("rope.scaling.yarn_attn_factor", 1);
        double fast = Number("rope.scaling.yarn_beta_fast", 32), slow = Number("rope.scaling.yarn_beta_slow", 1);
        double mix = Number("rope.scaling.yarn_ext_factor", UsualMix), logarithm = Number("rope.scaling.yarn_log_multiplier", 0);
        // What only tells how the model was trained.
        Flag("rope.scaling.finetuned", true);
        // Writers leave the type out when there is nothing but a factor.
        bool linear = type == "linear" || !metadata.Has(Key("rope.scaling.type")), yarn = type == "yarn";
        if (!linear && !yarn && type != "none")
        {
            throw metadata.Error(
                Key("rope.scaling.type"), $"{OneLine.Quote(type)} is not supported; expected none, linear or yarn");
        }
        if (!yarn && attention != 1)
            throw metadata.Error(Key("rope.scaling.attn_factor"), $"expected 1 without YaRN, found {attention}");
        if (yarn && mix is not (UsualMix or 1))
            throw metadata.Error(Key("rope.scaling.yarn_ext_factor"), $"expected 1, found {mix}; the other setting is not supported");
        if (yarn && logarithm != 0)
            throw metadata.Error(Key("rope.scaling.yarn_log_multiplier"), $"expected 0, found {logarithm}; the other setting is not supported");
        factor = factor == 0 ? 1 : factor;
        return yarn ? new JsonObject
        {
            ["rope_type"] = "yarn",
            ["factor"] = factor,
            ["original_max_position_embeddings"] = original == 0 ? Int("context_length") : original,
            ["beta_fast"] = fast,
            ["beta_slow"] = slow,
            ["attention_factor"] = attention * ((0.1 * Math.Log(factor)) + 1),
        }
        : linear && factor != 1 ? new JsonObject { ["rope_type"] = "linear", ["factor"] = factor } : null;
    }

    private int Vocabulary()
    {
        if (!file.Tensors.TryGetValue(Embedding, out GgufTensor? embedding) || embedding.Shape.Length != 2)
        {
            throw new InvalidInputException($"{file.FilePath}: tensor '{Embedding}': expected a matrix, found "
                + (embedding is null ? "no such tensor" : OneLine.Shape(embedding.Shape.AsSpan())));
        }
        Only("vocab_size", embedding.Shape[0], embedding.Shape[0]);
        return embedding.Shape[0];
    }

    private int Blocks()
    {
        int blocks = Int("block_count");
        return blocks <= file.Tensors.Count
            ? blocks
            : throw metadata.Error(Key("block_count"), $"expected at most the file's {file.Tensors.Count} tensors, found {blocks}");
    }

    private void Only(string name, int fallback, int expected)
    {
        int found = Int(name, fallback);
        if (found != expected)
            throw metadata.Error(Key(name), $"expected {expected}, found {found}; the other setting is not supported");
    }

    private int Int(string name, int? fallback = null) => metadata.Int(Key(name), fallback);

    private double Number(string name, double? fallback = null) => metadata.Number(Key(name), fallback);

    private bool Flag(string name, bool fallback) => metadata.Flag(Key(name), fallback);

    private string Text(string name, string fallback) => metadata.Text(Key(name), fallback);

    /// <summary>The full key of a setting, which is known from now on.</summary>
    private string Key(string name)
    {
        string key = $"{architecture}.{name}";
        known.Add(key);
        return key;
    }
}

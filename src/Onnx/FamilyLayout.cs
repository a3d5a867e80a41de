using Interp.Runtime.Families;

namespace Interp.Onnx;

/// <summary>In which order one map holds the heads of queries, keys and values.</summary>
internal enum HeadOrder
{
    /// <summary>All queries, all keys, all values.</summary>
    Concatenated,

    /// <summary>For each key-value head: its queries, its key, its value.</summary>
    Grouped,
}

/// <summary>Where the heads are in one map of queries, keys and values.</summary>
internal static class HeadOrders
{
    /// <summary>The columns of one kind, head by head.</summary>
    /// <param name="order">The order of the map.</param>
    /// <param name="config">Numbers and sizes of heads.</param>
    /// <param name="role">Query, key or value.</param>
    public static IReadOnlyList<int> Columns(this HeadOrder order, ModelConfig config, Role role)
    {
        int heads = config.NHeads, keys = config.NKeyValueHeads, group = heads / keys;
        IEnumerable<int> starts = (order, role) switch
        {
            (HeadOrder.Concatenated, Role.Query) => Enumerable.Range(0, heads),
            (HeadOrder.Concatenated, Role.Key) => Enumerable.Range(heads, keys),
            (HeadOrder.Concatenated, _) => Enumerable.Range(heads + keys, keys),
            (_, Role.Query) => Enumerable.Range(0, heads).Select(h => (h / group * (group + 2)) + (h % group)),
            (_, Role.Key) => Enumerable.Range(0, keys).Select(h => (h * (group + 2)) + group),
            _ => Enumerable.Range(0, keys).Select(h => (h * (group + 2)) + group + 1),
        };
        return [.. starts.SelectMany(start => Enumerable.Range(start * config.DHead, config.DHead))];
    }
}

/// <summary>One module of a family: a role and the name that Hugging Face gives it.</summary>
/// <param name="Role">The role.</param>
/// <param name="Path">The module's name; <c>{l}</c> stands for the layer.</param>
internal sealed record Module(Role Role, string Path)
{
    /// <summary>Whether weights are stored [inputs, outputs] instead of [outputs, inputs].</summary>
    public bool InputsFirst { get; init; }

    /// <summary>Whether there is always a bias; where an optimizer dropped it, it was 0.</summary>
    public bool Biased { get; init; }

    /// <summary>Whether the stored gain is the factor less 1.</summary>
    public bool LessOne { get; init; }

    /// <summary>Whether every head has a norm of its own under its number, with a gain only.</summary>
    public bool EachHead { get; init; }

    /// <summary>The order of heads where the map holds queries, keys and values.</summary>
    public HeadOrder Order { get; init; }

    /// <summary>The bias' name where it is not the module's.</summary>
    public string? BiasName { get; init; }

    /// <summary>
    /// What the weight is called in a graph that Interp wrote, where its place in the graph cannot be followed; <c>{l}</c> stands for the layer.
    /// </summary>
    public string? OwnName { get; init; }

    /// <summary>Whether there is one of it in each block.</summary>
    public bool PerLayer => Path.Contains("{l}", StringComparison.Ordinal);

    /// <summary>The module's name in a layer.</summary>
    public string At(int layer) => Path.Replace("{l}", $"{layer}", StringComparison.Ordinal);

    /// <summary>The name in a graph that Interp wrote, or null.</summary>
    public string? OwnAt(int layer) => OwnName?.Replace("{l}", $"{layer}", StringComparison.Ordinal);

    /// <summary>The name of its bias in a layer.</summary>
    public string BiasAt(int layer) => BiasName ?? At(layer) + ".bias";
}

/// <summary>The modules of a family under their Hugging Face names.</summary>
/// <param name="Prefix">What the names begin with, and what an exporter may leave out.</param>
/// <param name="Modules">The modules.</param>
internal sealed record FamilyLayout(string Prefix, IReadOnlyList<Module> Modules)
{
    private static readonly Dictionary<Role, string> LlamaNames = new()
    {
        [Role.TokenEmbedding] = "embed_tokens",
        [Role.Norm1] = "layers.{l}.input_layernorm",
        [Role.Query] = "layers.{l}.self_attn.q_proj",
        [Role.Key] = "layers.{l}.self_attn.k_proj",
        [Role.Value] = "layers.{l}.self_attn.v_proj",
        [Role.AttentionOutput] = "layers.{l}.self_attn.o_proj",
        [Role.Norm2] = "layers.{l}.post_attention_layernorm",
        [Role.FeedForwardIn] = "layers.{l}.mlp.gate_proj",
        [Role.FeedForwardLinear] = "layers.{l}.mlp.up_proj",
        [Role.FeedForwardOut] = "layers.{l}.mlp.down_proj",
        [Role.FinalNorm] = "norm",
    };

    /// <summary>The families that have a layout.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "gpt2", "llama", "mistral", "qwen2", "gpt_neox", "bert", "gpt_neo", "gptj", "opt", "phi", "falcon", "bloom", "roberta",
        "distilbert", "gemma", "gemma2", "phi3", "stablelm", "qwen3", "olmo2", "mixtral",
    ];

    /// <summary>The layout of a family.</summary>
    /// <param name="config">The resolved configuration; some families name their norms by their block style.</param>
    /// <returns>Null when there is none.</returns>
    public static FamilyLayout? For(ModelConfig config) => config.Family switch
    {
        "opt" => FamilyLayouts.Opt(config.EmbedWidth is not null),
        "mixtral" => Mixtral(config.Experts),
        "stablelm" => StableLm(config),
        "falcon" => FamilyLayouts.Falcon(FalconFamily.NormNames(config)),
        _ => For(config.Family),
    };

    /// <summary>The layout of a family.</summary>
    /// <param name="family">Its <c>model_type</c>.</param>
    /// <returns>That of its sequential blocks where it has several; null when there is none.</returns>
    public static FamilyLayout? For(string family) => family switch
    {
        "gpt2" => Gpt2(),
        "llama" or "mistral" or "qwen2" or "stablelm" => Of("model.", LlamaNames, LmHead()),
        "gemma" => LessOne(Of("model.", LlamaNames, LmHead())),
        "gemma2" => LessOne(Gemma2()),
        "phi3" => Phi3(),
        "gpt_neox" => FamilyLayouts.GptNeoX(),
        "bloom" => FamilyLayouts.Bloom(),
        "falcon" => FamilyLayouts.Falcon(("input_layernorm", "post_attention_layernorm")),
        "gpt_neo" => FamilyLayouts.GptNeo(),
        "gptj" => FamilyLayouts.GptJ(),
        "phi" => FamilyLayouts.Phi(),
        "opt" => FamilyLayouts.Opt(projected: false),
        "qwen3" => Of("model.", NormedHeads(LlamaNames), LmHead()),
        "olmo2" => Olmo2(),
        "mixtral" => Mixtral(experts: 1),
        "bert" or "roberta" => FamilyLayouts.Bert(family),
        "distilbert" => FamilyLayouts.DistilBert(),
        _ => null,
    };

    /// <summary>A layout of names below a prefix and modules outside it.</summary>
    internal static FamilyLayout Of(string prefix, IReadOnlyDictionary<Role, string> names, params Module[] others) =>
        new(prefix, [.. names.Select(n => new Module(n.Key, prefix + n.Value)), .. others]);

    /// <summary>The usual unembedding.</summary>
    internal static Module LmHead(bool biased = false) => new(Role.Unembed, "lm_head") { Biased = biased };

    private static FamilyLayout LessOne(FamilyLayout layout) =>
        layout with { Modules = [.. layout.Modules.Select(m => m with { LessOne = true })] };

    private static FamilyLayout Gpt2() => Of(
        "transformer.",
        new Dictionary<Role, string>
        {
            [Role.TokenEmbedding] = "wte",
            [Role.PositionEmbedding] = "wpe",
            [Role.Norm1] = "h.{l}.ln_1",
            [Role.Norm2] = "h.{l}.ln_2",
            [Role.FinalNorm] = "ln_f",
        },
        LmHead(),
        Conv1D(Role.QueryKeyValue, "attn.c_attn"),
        Conv1D(Role.AttentionOutput, "attn.c_proj"),
        Conv1D(Role.FeedForwardIn, "mlp.c_fc"),
        Conv1D(Role.FeedForwardOut, "mlp.c_proj"));

    private static Module Conv1D(Role role, string name) =>
        new(role, "transformer.h.{l}." + name) { InputsFirst = true, Biased = true };

    private static FamilyLayout Gemma2() => Of(
        "model.",
        new Dictionary<Role, string>(LlamaNames)
        {
            [Role.AttentionWriteNorm] = "layers.{l}.post_attention_layernorm",
            [Role.Norm2] = "layers.{l}.pre_feedforward_layernorm",
            [Role.FeedForwardWriteNorm] = "layers.{l}.post_feedforward_layernorm",
        },
        LmHead());

    private static Dictionary<Role, string> NormedHeads(IReadOnlyDictionary<Role, string> names) => new(names)
    {
        [Role.QueryNorm] = "layers.{l}.self_attn.q_norm",
        [Role.KeyNorm] = "layers.{l}.self_attn.k_norm",
    };

    private static FamilyLayout StableLm(ModelConfig config)
    {
        FamilyLayout layout = Of("model.", LlamaNames, LmHead());
        if (!BlockPlan.Of(config).Has(BlockNorm.Second))
        {
            layout = layout with { Modules = [.. layout.Modules.Where(m => m.Role != Role.Norm2)] };
        }

        return config.QkNorm == QkNorm.None
            ? layout
            : layout with
            {
                Modules =
                [
                    .. layout.Modules,
                    new(Role.QueryNorm, "model.layers.{l}.self_attn.q_layernorm.norms") { EachHead = true },
                    new(Role.KeyNorm, "model.layers.{l}.self_attn.k_layernorm.norms") { EachHead = true },
                ],
            };
    }

    private static FamilyLayout Olmo2()
    {
        Dictionary<Role, string> names = NormedHeads(LlamaNames);
        names.Remove(Role.Norm1);
        names.Remove(Role.Norm2);
        names[Role.AttentionWriteNorm] = "layers.{l}.post_attention_layernorm";
        names[Role.FeedForwardWriteNorm] = "layers.{l}.post_feedforward_layernorm";
        return Of("model.", names, LmHead());
    }

    // Experts are told apart by names alone: every one of them has the same place.
    private static FamilyLayout Mixtral(int experts)
    {
        var names = new Dictionary<Role, string>(LlamaNames);
        foreach (Role role in new[] { Role.Norm2, Role.FeedForwardIn, Role.FeedForwardLinear, Role.FeedForwardOut })
        {
            names.Remove(role);
        }

        const string Layer = "model.layers.{l}.", Mixture = Layer + "block_sparse_moe.", Own = "blocks.{l}.";
        return Of(
            "model.",
            names,
            [
                LmHead(), new(Role.Norm2, Layer + "post_attention_layernorm") { OwnName = Own + "ln2.w" },
                new(Role.Router, Mixture + "gate") { OwnName = Own + "mlp.W_router" },
                .. Enumerable.Range(0, experts).SelectMany(e => new Module[]
                {
                    new(Role.ExpertIn, $"{Mixture}experts.{e}.w1") { OwnName = $"{Own}mlp.experts.{e}.W_gate" },
                    new(Role.ExpertLinear, $"{Mixture}experts.{e}.w3") { OwnName = $"{Own}mlp.experts.{e}.W_in" },
                    new(Role.ExpertOut, $"{Mixture}experts.{e}.w2") { OwnName = $"{Own}mlp.experts.{e}.W_out" },
                }),
            ]);
    }

    private static FamilyLayout Phi3()
    {
        var names = new Dictionary<Role, string>(LlamaNames)
        {
            [Role.QueryKeyValue] = "layers.{l}.self_attn.qkv_proj",
            [Role.FeedForwardBoth] = "layers.{l}.mlp.gate_up_proj",
        };
        foreach (Role role in new[] { Role.Query, Role.Key, Role.Value, Role.FeedForwardIn, Role.FeedForwardLinear })
        {
            names.Remove(role);
        }

        return Of("model.", names, LmHead());
    }
}

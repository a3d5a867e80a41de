using System.Collections.Frozen;
using System.Globalization;

namespace Interp.Runtime.Gguf;

/// <summary>How a tensor of a GGUF file lies, compared with Hugging Face's.</summary>
internal enum Arrangement
{
    /// <summary>The same.</summary>
    Same,

    /// <summary>Rows of each query head in adjacent rotary pairs instead of halves.</summary>
    QueryPairs,

    /// <summary>Rows of each key head in adjacent rotary pairs instead of halves.</summary>
    KeyPairs,

    /// <summary>[outputs, inputs] instead of [inputs, outputs].</summary>
    Transposed,
}

/// <summary>One <c>general.architecture</c>: what its tensors are called, and how they lie.</summary>
internal sealed class GgufArchitecture
{
    private const string BlockPrefix = "blk.";

    private static readonly FrozenDictionary<string, string> LlamaStems = new Dictionary<string, string>
    {
        ["token_embd"] = "model.embed_tokens",
        ["output_norm"] = "model.norm",
        ["output"] = "lm_head",
        ["attn_norm"] = "input_layernorm",
        ["attn_q"] = "self_attn.q_proj",
        ["attn_k"] = "self_attn.k_proj",
        ["attn_v"] = "self_attn.v_proj",
        ["attn_output"] = "self_attn.o_proj",
        ["ffn_norm"] = "post_attention_layernorm",
        ["ffn_gate"] = "mlp.gate_proj",
        ["ffn_up"] = "mlp.up_proj",
        ["ffn_down"] = "mlp.down_proj",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> Gpt2Stems = new Dictionary<string, string>
    {
        ["token_embd"] = "wte",
        ["position_embd"] = "wpe",
        ["output_norm"] = "ln_f",
        ["output"] = "lm_head",
        ["attn_norm"] = "ln_1",
        ["attn_qkv"] = "attn.c_attn",
        ["attn_output"] = "attn.c_proj",
        ["ffn_norm"] = "ln_2",
        ["ffn_up"] = "mlp.c_fc",
        ["ffn_down"] = "mlp.c_proj",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, Arrangement> LlamaArrangements = new Dictionary<string, Arrangement>
    {
        ["attn_q.weight"] = Arrangement.QueryPairs,
        ["attn_q.bias"] = Arrangement.QueryPairs,
        ["attn_k.weight"] = Arrangement.KeyPairs,
        ["attn_k.bias"] = Arrangement.KeyPairs,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, Arrangement> Gpt2Arrangements = new Dictionary<string, Arrangement>
    {
        ["attn_qkv.weight"] = Arrangement.Transposed,
        ["attn_output.weight"] = Arrangement.Transposed,
        ["ffn_up.weight"] = Arrangement.Transposed,
        ["ffn_down.weight"] = Arrangement.Transposed,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly GgufArchitecture[] Known =
    [
        new("llama", "model.layers.", LlamaStems, LlamaArrangements),
        // Converters leave Qwen2's rows as they are: its runtimes rotate halves.
        new("qwen2", "model.layers.", LlamaStems, FrozenDictionary<string, Arrangement>.Empty),
        new("gpt2", "h.", Gpt2Stems, Gpt2Arrangements),
    ];

    private readonly string blocks;
    private readonly FrozenDictionary<string, string> stems;
    private readonly FrozenDictionary<string, Arrangement> arrangements;

    private GgufArchitecture(
        string name, string blocks, FrozenDictionary<string, string> stems, FrozenDictionary<string, Arrangement> arrangements)
    {
        Name = name;
        this.blocks = blocks;
        this.stems = stems;
        this.arrangements = arrangements;
    }

    /// <summary>The name, which is also the prefix of its metadata keys.</summary>
    public string Name { get; }

    /// <summary>Finds the architecture of a file.</summary>
    /// <exception cref="InvalidInputException">The file names none, or one that is not known.</exception>
    public static GgufArchitecture Of(GgufMetadata metadata)
    {
        const string key = "general.architecture";
        string name = metadata.Text(key);
        return Array.Find(Known, architecture => architecture.Name == name) ?? throw metadata.Error(
            key, $"{OneLine.Quote(name)} is not supported; expected one of {string.Join(", ", Known.Select(k => k.Name))}");
    }

    /// <summary>Hugging Face's name of a tensor and how the tensor lies; null for a tensor that is not known.</summary>
    /// <param name="tensor">The file's name, such as <c>blk.3.attn_q.weight</c>.</param>
    public (string Name, Arrangement Arrangement)? Find(string tensor)
    {
        string prefix = "", rest = tensor;
        if (tensor.StartsWith(BlockPrefix, StringComparison.Ordinal))
        {
            string[] parts = tensor[BlockPrefix.Length..].Split('.', 2);
            // The number must be written in one way only, else two names would mean one tensor.
            if (parts.Length < 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int block)
                || block.ToString(CultureInfo.InvariantCulture) != parts[0])
                return null;
            prefix = $"{blocks}{block}.";
            rest = parts[1];
        }
        string[] ends = rest.Split('.');
        bool known = ends.Length == 2 && ends[1] is "weight" or "bias";
        if (!known || !stems.TryGetValue(ends[0], out string? stem) || IsWhole(ends[0]) != (prefix.Length == 0))
            return null;
        return ($"{prefix}{stem}.{ends[1]}", arrangements.GetValueOrDefault(rest));
    }

    private static bool IsWhole(string stem) => stem is "token_embd" or "position_embd" or "output_norm" or "output";
}

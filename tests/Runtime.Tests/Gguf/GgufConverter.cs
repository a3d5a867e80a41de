using System.Text.Json;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tests.Gguf;

/// <summary>
/// Writes Hugging Face weights as converters to GGUF do: other names, Llama's query and key rows in adjacent rotary pairs,
/// GPT-2's matrices as [outputs, inputs]. Names and rearrangements are written down here a second time.
/// </summary>
internal static class GgufConverter
{
    private static readonly (string From, string To)[] Llama =
    [
        ("model.embed_tokens.", "token_embd."), ("model.norm.", "output_norm."), ("lm_head.", "output."), ("model.layers.", "blk."),
        ("self_attn.q_proj.", "attn_q."), ("self_attn.k_proj.", "attn_k."), ("self_attn.v_proj.", "attn_v."),
        ("self_attn.o_proj.", "attn_output."), ("mlp.gate_proj.", "ffn_gate."), ("mlp.up_proj.", "ffn_up."),
        ("mlp.down_proj.", "ffn_down."), ("post_attention_layernorm.", "ffn_norm."), ("input_layernorm.", "attn_norm."),
    ];

    private static readonly (string From, string To)[] Gpt2 =
    [
        ("transformer.", ""), ("wte.", "token_embd."), ("wpe.", "position_embd."), ("ln_f.", "output_norm."), ("h.", "blk."),
        ("ln_1.", "attn_norm."), ("ln_2.", "ffn_norm."), ("attn.c_attn.", "attn_qkv."), ("attn.c_proj.", "attn_output."),
        ("mlp.c_fc.", "ffn_up."), ("mlp.c_proj.", "ffn_down."),
    ];

    /// <summary>A directory of one family as a GGUF file.</summary>
    /// <param name="directory">Holds config.json and safetensors.</param>
    /// <param name="change">Adds keys and tensors.</param>
    public static byte[] Convert(string directory, Action<GgufBuilder>? change = null)
    {
        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "config.json")));
        var builder = new GgufBuilder();
        Settings(builder, config.RootElement);
        change?.Invoke(builder);
        string type = config.RootElement.GetProperty("model_type").GetString()!;
        int heads = type == "gpt2" ? 0 : Int(config.RootElement, "num_attention_heads");
        int keyHeads = type == "gpt2" ? 0 : Int(config.RootElement, "num_key_value_heads");
        using Checkpoint checkpoint = Checkpoint.Open(directory);
        foreach (string name in checkpoint.Names)
        {
            int[] shape = checkpoint.ShapeOf(name);
            float[] values = checkpoint.Read(name, shape);
            bool transposed = type == "gpt2" && shape.Length == 2 && name.Contains("c_", StringComparison.Ordinal);
            values = transposed ? Transpose(values, shape[0])
                : type == "qwen2" ? values
                : Pairs(name, values, shape[0], heads, keyHeads);
            builder.Floats(Name(type, name), transposed ? [shape[1], shape[0]] : shape, values);
        }

        return builder.Build();
    }

    /// <summary>The file's name of a Hugging Face tensor.</summary>
    public static string Name(string type, string name) =>
        (type == "gpt2" ? Gpt2 : Llama).Aggregate(name, (n, change) => n.Replace(change.From, change.To, StringComparison.Ordinal));

    /// <summary>The metadata of a config.json.</summary>
    public static void Settings(GgufBuilder builder, JsonElement config)
    {
        string type = config.GetProperty("model_type").GetString()!;
        string a = type == "mistral" ? "llama" : type;
        builder.With("general.architecture", a).With("general.name", "a test");
        if (type == "gpt2")
        {
            int width = Int(config, "n_embd");
            builder.With("gpt2.context_length", (uint)Int(config, "n_positions")).With("gpt2.embedding_length", (uint)width)
                .With("gpt2.feed_forward_length", (uint)(4 * width)).With("gpt2.block_count", (uint)Int(config, "n_layer"))
                .With("gpt2.attention.head_count", (uint)Int(config, "n_head"))
                .With("gpt2.attention.layer_norm_epsilon", config.GetProperty("layer_norm_epsilon").GetSingle());
        }
        else
        {
            int heads = Int(config, "num_attention_heads");
            builder.With(a + ".context_length", (uint)Int(config, "max_position_embeddings"))
                .With(a + ".embedding_length", (uint)Int(config, "hidden_size"))
                .With(a + ".feed_forward_length", (uint)Int(config, "intermediate_size"))
                .With(a + ".block_count", (uint)Int(config, "num_hidden_layers"))
                .With(a + ".attention.head_count", (uint)heads)
                .With(a + ".attention.head_count_kv", (uint)Int(config, "num_key_value_heads"))
                .With(a + ".rope.dimension_count", (uint)(Int(config, "hidden_size") / heads))
                .With(a + ".rope.freq_base", config.GetProperty("rope_theta").GetSingle())
                .With(a + ".attention.layer_norm_rms_epsilon", config.GetProperty("rms_norm_eps").GetSingle())
                .With(a + ".vocab_size", (uint)Int(config, "vocab_size"));
        }

        builder.With("tokenizer.ggml.bos_token_id", 1u).With("tokenizer.ggml.eos_token_id", 2u);
    }

    /// <summary>The place in the file of each row of a Llama tensor: unchanged but for queries and keys.</summary>
    public static float[] Pairs(string name, float[] values, int rows, int heads, int keyHeads)
    {
        int count = name.Contains("q_proj", StringComparison.Ordinal) ? heads
            : name.Contains("k_proj", StringComparison.Ordinal) ? keyHeads : 0;
        if (count == 0)
            return values;
        int width = values.Length / rows, head = rows / count;
        var result = new float[values.Length];
        for (int h = 0; h < count; h++)
        {
            for (int part = 0; part < 2; part++)
            {
                for (int i = 0; i < head / 2; i++)
                {
                    int from = (h * head) + (part * head / 2) + i, to = (h * head) + (2 * i) + part;
                    Array.Copy(values, from * width, result, to * width, width);
                }
            }
        }

        return result;
    }

    private static float[] Transpose(float[] values, int rows)
    {
        int columns = values.Length / rows;
        return [.. Enumerable.Range(0, values.Length).Select(i => values[(i % rows * columns) + (i / rows)])];
    }

    private static int Int(JsonElement config, string name) => config.GetProperty(name).GetInt32();
}

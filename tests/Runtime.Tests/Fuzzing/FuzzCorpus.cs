using System.Text;
using System.Text.Json;
using Interp.Onnx;
using Interp.Runtime.Tests.Gguf;
using Interp.Runtime.Tests.Weights;
using Interp.Runtime.Tokenization;

namespace Interp.Runtime.Tests.Fuzzing;

/// <summary>
/// The files that are changed: the small models of the repository, graphs and GGUF files made of them, tokenizers written here;
/// and, where they are there, more of each from the fixtures.
/// </summary>
internal static class FuzzCorpus
{
    private static readonly string[] Own = ["llama", "gpt2", "bert"];

    private static readonly string[] Texts = ["", "Hello, world! It's 42.", "  \tnaïve 🙂 日本\n", "<s> [CLS] <|endoftext|>"];

    /// <summary>Models of safetensors, of one file and of several with an index.</summary>
    public static IReadOnlyList<FuzzCase> Safetensors() =>
    [
        .. Folders(Own, "llama_bf16", "gpt_neox_hubstyle", "bert_hubstyle", "opt_350m_style").Select(folder => FuzzCase.Model(
            folder, Files(folder), "model.safetensors", SafetensorsMutator.Change)),
        .. Folders([], "llama_sharded").SelectMany(folder => new[]
        {
            FuzzCase.Model(folder, Files(folder), "model-00002-of-00004.safetensors", SafetensorsMutator.Change),
            FuzzCase.Model(folder, Files(folder), "model.safetensors.index.json", JsonMutator.Change),
        }),
    ];

    /// <summary>Every family's settings, beside its weights.</summary>
    public static IReadOnlyList<FuzzCase> Configurations() =>
    [
        .. Folders(Own, [.. Reference.HuggingFaceTests.All.Select(row => row.Data)]).Select(folder =>
            FuzzCase.Model(folder, Files(folder), "config.json", JsonMutator.Change)),
    ];

    /// <summary>Graphs that Interp wrote, and graphs that others wrote; with config.json, and without.</summary>
    public static IReadOnlyList<FuzzCase> Onnx()
    {
        List<FuzzCase> cases = [];
        foreach (string folder in Folders(Own))
        {
            using var work = new TemporaryDirectory();
            string path = work.At("model.onnx");
            OnnxExport.Write(TransformerModel.Load(folder), path);
            Add("export of " + folder, path, folder);
        }

        foreach (string graph in OnnxGraphs.Names.Where(g => !g.Contains("external", StringComparison.Ordinal)))
        {
            if (Fixtures.Find("hf/" + graph) is { } path)
            {
                Add(graph, path, Path.GetDirectoryName(path)!);
            }
        }

        return cases;

        void Add(string name, string path, string folder)
        {
            Dictionary<string, byte[]> files = FuzzCase.FilesOf(folder, "config.json");
            files["model.onnx"] = File.ReadAllBytes(path);
            cases.Add(FuzzCase.Model(name, files, "model.onnx", OnnxMutator.Change, "model.onnx"));
            if (name is "gpt2/model.onnx" or "llama_onnx/model.onnx")
            {
                files = new() { ["model.onnx"] = files["model.onnx"] };
                cases.Add(FuzzCase.Model(name + " alone", files, "model.onnx", OnnxMutator.Change, "model.onnx"));
            }
        }
    }

    /// <summary>Converted models, quantised ones, and one with a tokenizer.</summary>
    public static IReadOnlyList<FuzzCase> Gguf()
    {
        List<(string Name, byte[] Bytes)> files =
        [
            .. Folders(["llama", "gpt2"]).Select(folder => (folder, GgufConverter.Convert(folder))),
            ("Q4_0", Quantised(2, 32)), ("Q8_0", Quantised(8, 32)), ("Q4_K", Quantised(12, 256)), ("Q6_K", Quantised(14, 256)),
        ];
        if (Fixtures.Find("gguf/tinyllm.gguf") is { } tiny)
        {
            files.Add(("tinyllm", File.ReadAllBytes(tiny)));
        }

        return [.. files.Select(f => FuzzCase.Model(
            f.Name, new Dictionary<string, byte[]> { ["x.gguf"] = f.Bytes }, "x.gguf", GgufMutator.Change, "x.gguf"))];
    }

    /// <summary>Tokenizer files of every kind; loading, then encoding and decoding texts.</summary>
    public static IReadOnlyList<FuzzCase> Tokenizers()
    {
        List<FuzzCase> cases = [];
        Add("byte-level BPE in two files", SmallTokenizers.VocabularyAndMerges, "vocab.json", JsonMutator.Change);
        Add("merges", SmallTokenizers.VocabularyAndMerges, "merges.txt", (r, b) => ByteMutator.Change(r, b, b.Length));
        Add("word pieces", SmallTokenizers.Words, "vocab.txt", (r, b) => ByteMutator.Change(r, b, b.Length));
        Add("SentencePiece", SmallTokenizers.Pieces, "tokenizer.model", (r, b) => ByteMutator.Change(r, b, b.Length));
        Add("settings", SmallTokenizers.Pieces, "tokenizer_config.json", JsonMutator.Change);
        foreach ((string name, string json) in SmallTokenizers.Json)
        {
            Add(name, new() { ["tokenizer.json"] = Encoding.UTF8.GetBytes(json) }, "tokenizer.json", JsonMutator.Change);
        }

        if (Fixtures.Find("stories260K") is { } stories)
        {
            Dictionary<string, byte[]> files = FuzzCase.FilesOf(stories, "tokenizer*");
            Add("stories260K", files, "tokenizer.json", JsonMutator.Change);
            files = FuzzCase.FilesOf(stories, "tokenizer.model");
            Add("stories260K pieces", files, "tokenizer.model", (r, b) => ByteMutator.Change(r, b, b.Length));
        }

        return cases;

        void Add(string name, Dictionary<string, byte[]> files, string target, Func<Random, byte[], byte[]> mutate) =>
            cases.Add(new FuzzCase(name, files, target, mutate, folder =>
            {
                TextTokenizer? tokenizer = TokenizerLoader.TryLoad(folder);
                return () => Use(tokenizer);
            }));
    }

    private static void Use(TextTokenizer? tokenizer)
    {
        foreach (string text in tokenizer is null ? [] : Texts)
        {
            IReadOnlyList<int> ids = tokenizer!.Encode(text);
            tokenizer.Decode(ids);
            ids.ToList().ForEach(id => tokenizer.TokenText(id));
        }
    }

    // Folders of the repository's own, which are always there, and of the fixtures.
    private static IEnumerable<string> Folders(IEnumerable<string> own, params string[] others) => own
        .Select(name => Fixtures.Find("hf/" + name) ?? throw new DirectoryNotFoundException($"tests/Fixtures/hf/{name}"))
        .Concat(others.Select(name => Fixtures.Find("hf/" + name)).OfType<string>()).Distinct();

    private static Dictionary<string, byte[]> Files(string folder) =>
        FuzzCase.FilesOf(folder, "config.json", "model*.safetensors", "model.safetensors.index.json");

    private static byte[] Quantised(uint type, int width)
    {
        string settings = $$"""
            {"model_type":"llama","hidden_size":{{width}},"intermediate_size":{{width}},"num_hidden_layers":1,"num_attention_heads":4,
            "num_key_value_heads":4,"vocab_size":40,"max_position_embeddings":64,"rms_norm_eps":1e-05,"rope_theta":10000.0}
            """;
        var builder = new GgufBuilder();
        using var config = JsonDocument.Parse(settings);
        GgufConverter.Settings(builder, config.RootElement);
        var random = new Random((int)type);
        (string, int)[] matrices =
        [
            ("token_embd", 40), ("output", 40), ("blk.0.attn_q", width), ("blk.0.attn_k", width), ("blk.0.attn_v", width),
            ("blk.0.attn_output", width), ("blk.0.ffn_gate", width), ("blk.0.ffn_up", width), ("blk.0.ffn_down", width),
        ];
        foreach ((string name, int rows) in matrices)
        {
            float[] values = [.. Enumerable.Range(0, rows * width).Select(_ => random.NextSingle() - 0.5f)];
            builder.Tensor(name + ".weight", [rows, width], type, Blocks.Quantise(type, values).Bytes);
        }

        foreach (string norm in new[] { "output_norm", "blk.0.attn_norm", "blk.0.ffn_norm" })
        {
            builder.Floats(norm + ".weight", [width], [.. Enumerable.Repeat(1f, width)]);
        }

        return builder.Build();
    }
}

using System.Runtime.InteropServices;
using Google.Protobuf;
using Interp.Onnx.Format;
using Interp.Runtime.Tests.Weights;
using DataType = Interp.Onnx.Format.TensorProto.Types.DataType;

namespace Interp.Onnx.Tests;

/// <summary>Graphs as other exporters and optimizers write them, and graphs that are another model than they seem.</summary>
public sealed class VariantTests
{
    private const string Llama = "llama_onnx/model.onnx", Gpt2 = "gpt2_onnx/model.onnx";

    [Theory]
    [InlineData("pkg.torch.onnx.name_scopes")]
    [InlineData("namespace")]
    public void Scopes_in_the_metadata_name_the_weights(string key)
    {
        string path = OnnxFixtureTests.Require(Llama);
        ModelProto model = Mutation.Read(path), stripped = Mutation.WithoutNames(model);
        foreach ((NodeProto named, NodeProto node) in model.Graph.Node.Zip(stripped.Graph.Node))
        {
            string[] scopes = [.. named.Name.TrimStart('/').Split('/')];
            string[] paths = [.. scopes.Select((_, i) => string.Join('.', scopes[..(i + 1)]))];
            node.MetadataProps.Add(new StringStringEntryProto
            {
                Key = key,
                Value = key == "namespace"
                    ? string.Join('/', paths.Select(p => $"{p}: a.b.C"))
                    : $"['', {string.Join(", ", paths.Select(p => $"'{p}'"))}]",
            });
        }

        // Without config.json the family is read from names, and only the metadata has any. Frequencies come from a base that was read
        // off rounded ones: last bits may differ.
        Same.Logits(TransformerModel.Load(path), Mutation.Load(stripped, configFrom: null), 1e-5, key);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_constant_may_serve_several_norms(bool named)
    {
        string path = OnnxFixtureTests.Require(Llama);
        ModelProto model = Mutation.Read(path);
        string[] norms = [.. model.Graph.Initializer.Select(t => t.Name).Where(n => n.EndsWith("norm.weight"))];
        ModelProto equal = model.Clone();
        foreach (TensorProto tensor in equal.Graph.Initializer.Where(t => norms.Contains(t.Name)))
        {
            tensor.RawData = equal.Graph.Initializer.First(t => t.Name == norms[0]).RawData;
        }

        foreach (NodeProto node in model.Graph.Node)
        {
            for (int i = 0; i < node.Input.Count; i++)
            {
                node.Input[i] = norms.Contains(node.Input[i]) ? norms[0] : node.Input[i];
            }
        }

        foreach (string name in norms[1..])
        {
            model.Graph.Initializer.Remove(model.Graph.Initializer.First(t => t.Name == name));
        }

        Same.Bits(Mutation.Load(equal, path), Mutation.Load(named ? model : Mutation.WithoutNames(model), path), "merged norms");
    }

    [Fact]
    public void A_gemm_may_be_transposed_and_scaled()
    {
        string path = OnnxFixtureTests.Require(Gpt2);
        ModelProto model = Mutation.Read(path);
        foreach (NodeProto node in model.Graph.Node.Where(n => n.OpType == "Gemm"))
        {
            TensorProto weight = model.Graph.Initializer.First(t => t.Name == node.Input[1]);
            TensorProto bias = model.Graph.Initializer.First(t => t.Name == node.Input[2]);
            float[] values = Floats(weight), transposed = new float[values.Length];
            int rows = (int)weight.Dims[0], columns = (int)weight.Dims[1];
            for (int i = 0; i < values.Length; i++)
            {
                transposed[((i % columns) * rows) + (i / columns)] = values[i] * 4;
            }

            // Powers of two: the factors are taken back without rounding.
            Put(weight, transposed);
            (weight.Dims[0], weight.Dims[1]) = (columns, rows);
            Put(bias, [.. Floats(bias).Select(b => b / 2)]);
            node.Attribute.Clear();
            node.Attribute.Add(new AttributeProto { Name = "transB", I = 1 });
            node.Attribute.Add(new AttributeProto { Name = "alpha", F = 0.25f });
            node.Attribute.Add(new AttributeProto { Name = "beta", F = 2 });
        }

        Same.Bits(TransformerModel.Load(path), Mutation.Load(model, path), "gemm");
    }

    [Fact]
    public void Exchanged_names_are_refused()
    {
        string path = OnnxFixtureTests.Require(Llama);
        ModelProto model = Mutation.Read(path);
        foreach (NodeProto node in model.Graph.Node.Where(n => n.OpType == "MatMul"))
        {
            node.Name = node.Name.Replace("gate_proj", "x").Replace("up_proj", "gate_proj").Replace("/x/", "/up_proj/");
        }

        Refused.With(() => Mutation.Load(model, path), "by its name it is", "by its place in the graph", "up_proj");
    }

    [Fact]
    public void A_map_that_the_family_does_not_have_is_refused()
    {
        string path = OnnxFixtureTests.Require(Llama);
        ModelProto model = Mutation.Read(path);
        NodeProto q = model.Graph.Node.First(n => n.Name.EndsWith("layers.1/self_attn/q_proj/MatMul"));
        AddConstant(model, "lora", [32, 32]);
        model.Graph.Node.Add(new NodeProto
        {
            OpType = "MatMul",
            Name = "lora",
            Input = { q.Input[0], "lora" },
            Output = { "delta" }
        });
        model.Graph.Node.Add(new NodeProto { OpType = "Add", Input = { "delta", "plain" }, Output = { q.Output[0] } });
        q.Output[0] = "plain";
        Refused.With(() => Mutation.Load(model, path), "node 'lora' (MatMul)", "has no place in a llama model of 2 layers");
    }

    [Fact]
    public void A_constant_that_the_family_does_not_have_is_refused()
    {
        string path = OnnxFixtureTests.Require(Llama);
        ModelProto model = Mutation.Read(path);
        NodeProto down = model.Graph.Node.First(n => n.Name.EndsWith("layers.0/mlp/down_proj/MatMul"));
        AddConstant(model, "steer", [1, 32]);
        model.Graph.Node.Add(new NodeProto
        {
            OpType = "Mul",
            Name = "scale",
            Input = { "plain", "steer" },
            Output = { down.Output[0] }
        });
        down.Output[0] = "plain";
        Refused.With(() => Mutation.Load(model, path), "node 'scale' (Mul) applies the constant 'steer'");
    }

    [Theory]
    [InlineData("\"rms_norm_eps\": 1e-06", "\"rms_norm_eps\": 1e-04", "has the epsilon")]
    [InlineData("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true", "tie_word_embeddings")]
    [InlineData("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "expected 3 layers of attention")]
    public void A_configuration_of_another_model_is_refused(string from, string to, string words)
    {
        string path = OnnxFixtureTests.Require(Llama);
        string config = File.ReadAllText(Path.Combine(Path.GetDirectoryName(path)!, "config.json"));
        Assert.Contains(from, config, StringComparison.Ordinal);
        using var directory = new TemporaryDirectory();
        directory.Put("config.json", config.Replace(from, to, StringComparison.Ordinal));
        string copy = directory.Put("model.onnx", File.ReadAllBytes(path));
        Refused.With(() => TransformerModel.Load(copy), words);
    }

    [Fact]
    public void The_hash_covers_external_data()
    {
        string path = OnnxFixtureTests.Require("llama/external/model.onnx");
        string folder = Path.GetDirectoryName(path)!;
        byte[] all = [.. File.ReadAllBytes(path), .. File.ReadAllBytes(Path.Combine(folder, "model.onnx_data"))];
        Assert.Equal(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(all)), TransformerModel.Load(path).Sha256);
    }

    private static float[] Floats(TensorProto tensor) => MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray();

    private static void Put(TensorProto tensor, float[] values) =>
        tensor.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values));

    private static void AddConstant(ModelProto model, string name, long[] dims)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)DataType.Float, Dims = { dims } };
        Put(tensor, [.. Enumerable.Repeat(0.5f, (int)dims.Aggregate((a, b) => a * b))]);
        model.Graph.Initializer.Add(tensor);
    }
}

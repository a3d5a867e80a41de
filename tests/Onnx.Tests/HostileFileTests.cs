using Google.Protobuf;
using Interp.Onnx.Format;
using Interp.Runtime.Tests.Weights;
using DataLocation = Interp.Onnx.Format.TensorProto.Types.DataLocation;
using DataType = Interp.Onnx.Format.TensorProto.Types.DataType;

namespace Interp.Onnx.Tests;

/// <summary>Broken and hostile files: one line that says what is wrong, and never more memory than the file is worth.</summary>
public sealed class HostileFileTests
{
    [Fact]
    public void A_missing_file_is_told() =>
        Refused.With(() => TransformerModel.Load("/nowhere/model.onnx"), "/nowhere/model.onnx", "no such file");

    [Theory]
    [InlineData("", "found none in it")]
    [InlineData("hello, world", "at byte")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid x", "git lfs pull")]
    public void What_is_no_model_is_told(string content, string words)
    {
        using var directory = new TemporaryDirectory();
        Refused.With(() => TransformerModel.Load(directory.Put("model.onnx", content)), "model.onnx", words);
    }

    [Fact]
    public void A_file_that_ends_early_is_told()
    {
        byte[] bytes = Model(_ => { }).ToByteArray();
        using var directory = new TemporaryDirectory();
        for (int length = 1; length < bytes.Length; length++)
        {
            string path = directory.Put("model.onnx", bytes[..length]);
            Refused.With(() => TransformerModel.Load(path), "model.onnx");
        }
    }

    [Theory]
    [InlineData(new long[] { -1, 4 }, "expected axes of 0 to")]
    [InlineData(new long[] { long.MaxValue, 2 }, "expected axes of 0 to")]
    [InlineData(new long[] { 1 << 30, 1 << 30, 1 << 30 }, "expected axes of 0 to")]
    [InlineData(new long[] { 3, 4 }, "expected 48 bytes")]
    [InlineData(new long[] { 1 << 30 }, "expected 4294967296 bytes")]
    public void Impossible_shapes_are_told(long[] dims, string words) => Check(
        model =>
        {
            model.Graph.Initializer[0].Dims.Clear();
            model.Graph.Initializer[0].Dims.Add(dims);
        },
        "tensor 'wte'",
        words);

    [Fact]
    public void Typed_values_must_be_as_many_as_the_shape_asks_for() => Check(
        model =>
        {
            model.Graph.Initializer[0].ClearRawData();
            model.Graph.Initializer[0].FloatData.Add([1, 2, 3]);
        },
        "tensor 'wte'",
        "expected 8 values for shape [2, 4], found 3");

    [Theory]
    [InlineData("../secret", "must lie in the model's own folder")]
    [InlineData("a/../../secret", "must lie in the model's own folder")]
    [InlineData("/etc/passwd", "must lie in the model's own folder")]
    [InlineData("C:\\secret", "must lie in the model's own folder")]
    [InlineData("", "must lie in the model's own folder")]
    [InlineData("nothing.bin", "found no such file")]
    public void External_data_stays_inside_the_folder(string location, string words) =>
        Check(model => External(model, ("location", location)), "tensor 'wte'", words);

    [Theory]
    [InlineData("offset", "-4", "expected a number of bytes")]
    [InlineData("offset", "99999999999999999999", "expected a number of bytes")]
    [InlineData("offset", "9223372036854775807", "found a file of 32 bytes")]
    [InlineData("offset", "4", "expected bytes 4 to 36")]
    [InlineData("length", "31", "found a length of 31")]
    public void External_places_are_checked(string key, string value, string words) =>
        Check(model => External(model, ("location", "data.bin"), (key, value)), "tensor 'wte'", words);

    [Fact]
    public void A_link_out_of_the_folder_is_not_followed()
    {
        using var outside = new TemporaryDirectory();
        using var directory = new TemporaryDirectory();
        File.CreateSymbolicLink(directory.At("data.bin"), outside.Put("secret.bin", new byte[32]));
        ModelProto model = Model(m => External(m, ("location", "data.bin")));
        Refused.With(() => TransformerModel.Load(directory.Put("model.onnx", model.ToByteArray())), "a link that leads out");
    }

    [Fact]
    public void A_link_to_a_link_out_of_the_folder_is_not_followed()
    {
        using var outside = new TemporaryDirectory();
        using var directory = new TemporaryDirectory();
        outside.Put("secret.bin", new byte[32]);
        Directory.CreateSymbolicLink(directory.At("inner"), outside.FullPath);
        File.CreateSymbolicLink(directory.At("data.bin"), Path.Combine("inner", "secret.bin"));
        foreach (string location in new[] { "data.bin", "inner/secret.bin" })
        {
            ModelProto model = Model(m => External(m, ("location", location)));
            Refused.With(() => TransformerModel.Load(directory.Put("model.onnx", model.ToByteArray())), "a link that leads out");
        }

        // A link that stays inside is fine: the graph is refused only later, for what it is.
        directory.Put("real.bin", new byte[32]);
        File.CreateSymbolicLink(directory.At("near.bin"), directory.At("real.bin"));
        ModelProto near = Model(m => External(m, ("location", "near.bin")));
        Refused.With(() => TransformerModel.Load(directory.Put("model.onnx", near.ToByteArray())), "there is no config.json");
    }

    [Fact]
    public void A_circle_of_links_is_told()
    {
        using var directory = new TemporaryDirectory();
        File.CreateSymbolicLink(directory.At("data.bin"), directory.At("other.bin"));
        File.CreateSymbolicLink(directory.At("other.bin"), directory.At("data.bin"));
        ModelProto model = Model(m => External(m, ("location", "data.bin")));
        Refused.With(() => TransformerModel.Load(directory.Put("model.onnx", model.ToByteArray())), "at most 40 links");
    }

    [Fact]
    public void A_circle_is_told() => Check(
        model =>
        {
            model.Graph.Node[0].Input[1] = "b";
            model.Graph.Node.Add(Node("Neg", ["x"], "b"));
        },
        "runs in a circle");

    [Fact]
    public void A_value_from_nowhere_is_told() =>
        Check(model => model.Graph.Node[0].Input[0] = "lost", "reads 'lost'", "no initializer");

    [Fact]
    public void A_value_that_is_made_twice_is_told() => Check(model =>
        model.Graph.Node.Add(Node("Neg", ["input_ids"], "x")), "'x' is made twice");

    [Fact]
    public void A_constant_that_is_there_twice_is_told() =>
        Check(model =>
        {
            TensorProto other = model.Graph.Initializer[0].Clone();
            other.RawData = ByteString.CopyFrom([.. other.RawData.Select(b => (byte)(b ^ 1))]);
            model.Graph.Initializer.Add(other);
        }, "the constant 'wte' is there twice, expected the same values");

    [Fact]
    public void A_graph_that_is_no_language_model_is_told() => Check(_ => { }, "there is no config.json", "would settle it");

    [Fact]
    public void Products_inside_a_branch_are_told() => Check(
        model => model.Graph.Node.Add(new NodeProto
        {
            OpType = "If",
            Input = { "input_ids" },
            Output = { "y" },
            Attribute = { new AttributeProto { Name = "then_branch", G = new GraphProto { Node = { Node("MatMul", [],
                "z") } } } },
        }),
        "products in it");

    [Fact]
    public void Deep_nesting_is_refused()
    {
        var graph = new GraphProto();
        for (int depth = 0; depth < 60; depth++)
        {
            graph = new GraphProto { Node = { new NodeProto { Attribute = { new AttributeProto { G = graph } } } } };
        }

        using var directory = new TemporaryDirectory();
        string path = directory.Put("model.onnx", new ModelProto { Graph = graph }.ToByteArray());
        Refused.With(() => TransformerModel.Load(path), "nested at most 48 deep");
    }

    [Fact]
    public void A_small_file_cannot_ask_for_much_memory()
    {
        // Two bytes for each empty node: 32 million bytes that would become billions.
        var graph = new byte[16_000_000 * 2];
        for (int i = 0; i < graph.Length; i += 2)
        {
            graph[i] = 0x0A;
        }

        using var stream = new MemoryStream();
        var writer = new CodedOutputStream(stream);
        writer.WriteTag(7, WireFormat.WireType.LengthDelimited);
        writer.WriteLength(graph.Length);
        writer.Flush();
        stream.Write(graph);
        using var directory = new TemporaryDirectory();
        string path = directory.Put("model.onnx", stream.ToArray());
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refused.With(() => TransformerModel.Load(path), "many times its size in memory");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (4L * graph.Length) + (64 << 20));
    }

    private static void Check(Action<ModelProto> change, params string[] words)
    {
        using var directory = new TemporaryDirectory();
        directory.Put("data.bin", new byte[32]);
        string path = directory.Put("model.onnx", Model(change).ToByteArray());
        Refused.With(() => TransformerModel.Load(path), ["model.onnx", .. words]);
    }

    private static ModelProto Model(Action<ModelProto> change)
    {
        var model = new ModelProto
        {
            IrVersion = 8,
            Graph = new GraphProto
            {
                Input = { new ValueInfoProto { Name = "input_ids" } },
                Output = { new ValueInfoProto { Name = "logits" } },
                Initializer =
                {
                    new TensorProto
                    {
                        Name = "wte", Dims = { 2, 4 }, DataType = (int)DataType.Float,
                            RawData = ByteString.CopyFrom(new byte[32]),
                    },
                },
                Node = { Node("Gather", ["wte", "input_ids"], "x"), Node("Neg", ["x"], "logits") },
            },
        };
        change(model);
        return model;
    }

    private static void External(ModelProto model, params (string Key, string Value)[] entries)
    {
        TensorProto tensor = model.Graph.Initializer[0];
        tensor.ClearRawData();
        tensor.DataLocation = DataLocation.External;
        tensor.ExternalData.Add(entries.Select(e => new StringStringEntryProto { Key = e.Key, Value = e.Value }));
    }

    private static NodeProto Node(string op, string[] inputs, string output) =>
        new() { OpType = op, Input = { inputs }, Output = { output } };
}

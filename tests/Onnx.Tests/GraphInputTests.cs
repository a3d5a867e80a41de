using Google.Protobuf;
using Interp.Onnx.Format;
using Interp.Runtime.Tests.Weights;
using DataType = Interp.Onnx.Format.TensorProto.Types.DataType;

namespace Interp.Onnx.Tests;

/// <summary>
/// Inputs are found by what they feed. Under any names the roles are the same, and ONNX Runtime, fed by role, gives the bits that it
/// gives for the original graph.
/// </summary>
public sealed class GraphInputTests
{
    private static readonly int[] Tokens = [.. RandomModel.Tokens(7, 2).Select(t => t == 1 ? 2 : t)];

    public static TheoryData<string> Graphs => StructureTests.Graphs;

    [Theory]
    [MemberData(nameof(Graphs))]
    public void Roles_do_not_depend_on_names(string graph)
    {
        string path = OnnxFixtureTests.Require(graph);
        ModelProto model = Mutation.Read(path);
        string[] names = [.. model.Graph.Input.Select(i => i.Name)];
        foreach ((int i, string name) in names.Index())
        {
            Changes.Rename(model.Graph, name, $"x.{i}");
        }

        using var work = new TemporaryDirectory();
        string renamed = work.Put("model.onnx", model.ToByteArray());
        using (OnnxModel original = OnnxModel.Open(path), other = OnnxModel.Open(renamed))
        {
            foreach ((int i, string name) in names.Index())
            {
                InputRole expected = name switch
                {
                    "input_ids" => InputRole.Tokens,
                    "attention_mask" => InputRole.Mask,
                    "position_ids" => InputRole.Positions,
                    "token_type_ids" => InputRole.TokenTypes,
                    _ => InputRole.Past,
                };
                // What nothing reads is for nothing.
                Assert.Contains(original.Inputs[name].Role, new[] { expected, InputRole.Unused });
                Assert.Equal(original.Inputs[name] with { Name = $"x.{i}" }, other.Inputs[$"x.{i}"]);
            }
        }

        Assert.Equal(Logits(path), Logits(renamed));
    }

    [Fact]
    public void An_input_that_does_something_else_is_refused()
    {
        string path = OnnxFixtureTests.Require("gpt2_onnx/model.onnx");
        ModelProto model = Mutation.Read(path);
        Changes.Behind(model.Graph, model.Graph.Node.First(n => n.Name == "/transformer/h.0/Add").Output[0], "Mul", 1);
        model.Graph.Node.First(n => n.OpType == "Mul" && n.Name.Length == 0).Input[1] = "gate";
        model.Graph.Input.Add(new ValueInfoProto { Name = "gate", Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float, Shape = new() } } });
        Refused.With(() => Mutation.Load(model, path), "input 'gate': what it is for is not clear");
    }

    private static float[] Logits(string path)
    {
        using var engine = OnnxEngine.Open(path, threads: 1);
        return engine.Run([Tokens])[engine.Outputs.Contains("logits") ? "logits" : engine.Outputs[0]].Values;
    }
}

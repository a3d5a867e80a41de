using System.Runtime.InteropServices;
using Google.Protobuf;
using Interp.Onnx.Format;
using Interp.Runtime.Weights;
using DataType = Interp.Onnx.Format.TensorProto.Types.DataType;

namespace Interp.Onnx.Tests;

/// <summary>Writes graphs node by node, with constants from a checkpoint. Values and constants get numbers for names.</summary>
internal sealed class GraphBuilder(Checkpoint weights)
{
    public const string Microsoft = "com.microsoft";

    private int _count;

    public GraphProto Graph { get; } = new() { Name = "graph" };

    public ModelProto Model => new()
    {
        IrVersion = 8,
        Graph = Graph,
        OpsetImport = { new OperatorSetIdProto { Version = 17 }, new OperatorSetIdProto { Domain = Microsoft, Version = 1 } },
    };

    public string Input(string name, DataType type, params string[] axes)
    {
        Graph.Input.Add(Info(name, type, axes));
        return name;
    }

    public void Output(string name, params string[] axes) => Graph.Output.Add(Info(name, DataType.Float, axes));

    /// <summary>Adds a node with one output.</summary>
    public string Node(string op, string[] inputs, string domain = "", params (string Name, object Value)[] attributes) =>
        Nodes(op, inputs, 1, domain, attributes)[0];

    /// <summary>Adds a node.</summary>
    public string[] Nodes(
        string op, string[] inputs, int outputs, string domain = "", params (string Name, object Value)[] attributes)
    {
        var node = new NodeProto { OpType = op, Domain = domain, Input = { inputs } };
        node.Output.Add(Enumerable.Range(0, outputs).Select(_ => $"value{_count++}"));
        foreach ((string name, object value) in attributes)
        {
            node.Attribute.Add(value is float f
                ? new AttributeProto { Name = name, F = f, Type = AttributeProto.Types.AttributeType.Float }
                : new AttributeProto { Name = name, I = Convert.ToInt64(value), Type = AttributeProto.Types.AttributeType.Int });
        }

        Graph.Node.Add(node);
        return [.. node.Output];
    }

    /// <summary>A tensor of the checkpoint as it is stored.</summary>
    public string Stored(string name) => Constant(Read(name), weights.ShapeOf(name));

    /// <summary>The matrix of a torch Linear, transposed as exporters fold it; several side by side.</summary>
    public string Transposed(params string[] names)
    {
        float[][] all = [.. names.Select(Read)];
        int inputs = weights.ShapeOf(names[0])[1];
        float[] matrix = [.. Enumerable.Range(0, inputs).SelectMany(i => all.SelectMany(w => w.Where((_, at) =>
            at % inputs == i)))];
        return Constant(matrix, [inputs, matrix.Length / inputs]);
    }

    /// <summary>Vectors one after the other.</summary>
    public string Joined(params string[] names)
    {
        float[] values = [.. names.SelectMany(Read)];
        return Constant(values, [values.Length]);
    }

    public string Constant(float[] values, params int[] shape)
    {
        string name = $"constant{_count++}";
        Graph.Initializer.Add(new TensorProto
        {
            Name = name,
            DataType = (int)DataType.Float,
            Dims = { shape.Select(a => (long)a) },
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values)),
        });
        return name;
    }

    public string Integers(params long[] values)
    {
        string name = $"constant{_count++}";
        Graph.Initializer.Add(new TensorProto
        {
            Name = name,
            DataType = (int)DataType.Int64,
            Dims = { values.Length },
            Int64Data = { values }
        });
        return name;
    }

    private float[] Read(string name) => weights.Read(name, weights.ShapeOf(name));

    private static ValueInfoProto Info(string name, DataType type, string[] axes) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = (int)type,
                Shape = new TensorShapeProto
                {
                    Dim =
                    {
                        axes.Select(a => long.TryParse(a, out long size)
                            ? new TensorShapeProto.Types.Dimension { DimValue = size }
                            : new TensorShapeProto.Types.Dimension { DimParam = a }),
                    },
                },
            },
        },
    };
}

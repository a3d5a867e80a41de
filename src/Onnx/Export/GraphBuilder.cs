using System.Runtime.InteropServices;
using Google.Protobuf;
using Interp.Onnx.Format;

namespace Interp.Onnx.Export;

/// <summary>
/// Builds an ONNX graph node by node. A value is the name of a tensor in the graph; each method appends one node and returns
/// the name of its output. Equal constants are stored once.
/// </summary>
/// <param name="external">Where weights are stored beside the graph; null = in it.</param>
internal sealed class GraphBuilder(ExternalWriter? external = null)
{
    private readonly Dictionary<string, string> _constants = [];
    private int _count;

    /// <summary>The graph so far.</summary>
    public GraphProto Graph { get; } = new() { Name = "transformer" };

    /// <summary>Declares an input of 64-bit integers.</summary>
    public string Input(string name, params string[] axes)
    {
        Graph.Input.Add(Describe(name, TensorProto.Types.DataType.Int64, axes));
        return name;
    }

    /// <summary>Declares a float output.</summary>
    public void Output(string name, params string[] axes) =>
        Graph.Output.Add(Describe(name, TensorProto.Types.DataType.Float, axes));

    /// <summary>Appends a node with one output.</summary>
    /// <param name="op">Operator of the default domain.</param>
    /// <param name="inputs">Values.</param>
    /// <param name="attributes">Integers, lists of integers or floats by name.</param>
    public string Node(string op, string[] inputs, params (string Name, object Value)[] attributes) =>
        Append(op, $"{op.ToLowerInvariant()}_{_count++}", inputs, attributes);

    /// <summary>Appends a node with two outputs and returns the second.</summary>
    public string Second(string op, params string[] inputs)
    {
        string unused = Node(op, inputs), second = unused + "_second";
        Graph.Node[^1].Output.Add(second);
        return second;
    }

    /// <summary>Gives a value another name.</summary>
    public string Rename(string value, string name) => Append("Identity", name, [value], []);

    /// <summary>A weight under a name of its own.</summary>
    public string Weight(string name, ReadOnlySpan<float> values, params int[] shape)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
        if (external is null)
        {
            Graph.Initializer.Add(Tensor(name, TensorProto.Types.DataType.Float, bytes, shape));
        }
        else
        {
            TensorProto tensor = Tensor(name, TensorProto.Types.DataType.Float, [], shape);
            external.Store(bytes, tensor);
            Graph.Initializer.Add(tensor);
        }

        return name;
    }

    /// <summary>A constant number.</summary>
    public string Scalar(float value) => Floats([value]);

    /// <summary>Constant floats.</summary>
    public string Floats(ReadOnlySpan<float> values, params int[] shape) =>
        Constant(TensorProto.Types.DataType.Float, MemoryMarshal.AsBytes(values), shape);

    /// <summary>Constant doubles.</summary>
    public string Doubles(ReadOnlySpan<double> values, params int[] shape) =>
        Constant(TensorProto.Types.DataType.Double, MemoryMarshal.AsBytes(values), shape);

    /// <summary>Constant integers, of one axis.</summary>
    public string Integers(params long[] values) =>
        Constant(TensorProto.Types.DataType.Int64, MemoryMarshal.AsBytes<long>(values), [values.Length]);

    /// <summary>One integer without axes.</summary>
    public string Integer(long value) => Constant(TensorProto.Types.DataType.Int64, MemoryMarshal.AsBytes([value]), []);

    /// <summary>Constant truth values.</summary>
    public string Truths(bool[] values, params int[] shape) =>
        Constant(TensorProto.Types.DataType.Bool, MemoryMarshal.AsBytes<bool>(values), shape);

    /// <summary>x + y.</summary>
    public string Add(string x, string y) => Node("Add", [x, y]);

    /// <summary>x - y.</summary>
    public string Subtract(string x, string y) => Node("Sub", [x, y]);

    /// <summary>x · y, elementwise.</summary>
    public string Multiply(string x, string y) => Node("Mul", [x, y]);

    /// <summary>x / y.</summary>
    public string Divide(string x, string y) => Node("Div", [x, y]);

    /// <summary>Matrix product over the last two axes.</summary>
    public string Product(string x, string y) => Node("MatMul", [x, y]);

    /// <summary>Reshape; 0 keeps an axis, -1 infers one.</summary>
    public string Reshape(string x, params long[] shape) => Node("Reshape", [x, Integers(shape)]);

    /// <summary>Permutes axes.</summary>
    public string Transpose(string x, params long[] axes) => Node("Transpose", [x], ("perm", axes));

    /// <summary>Rows of a table, or entries along an axis.</summary>
    public string Gather(string x, string indices, long axis = 0) => Node("Gather", [x, indices], ("axis", axis));

    /// <summary>Where a condition holds, x, else y.</summary>
    public string Where(string condition, string x, string y) => Node("Where", [condition, x, y]);

    /// <summary>Mean over the last axis, which stays with size 1.</summary>
    public string Mean(string x) => Node("ReduceMean", [x], ("axes", new long[] { -1 }), ("keepdims", 1L));

    /// <summary>Converts between types.</summary>
    public string Cast(string x, TensorProto.Types.DataType type) => Node("Cast", [x], ("to", (long)type));

    /// <summary>New axes of size 1.</summary>
    public string Unsqueeze(string x, params long[] axes) => Node("Unsqueeze", [x, Integers(axes)]);

    private string Append(string op, string output, string[] inputs, (string Name, object Value)[] attributes)
    {
        var node = new NodeProto { OpType = op, Name = output };
        node.Input.Add(inputs);
        node.Output.Add(output);
        node.Attribute.Add(attributes.Select(Attribute));
        Graph.Node.Add(node);
        return output;
    }

    private static AttributeProto Attribute((string Name, object Value) given)
    {
        var attribute = new AttributeProto { Name = given.Name };
        switch (given.Value)
        {
            case long number:
                attribute.Type = AttributeProto.Types.AttributeType.Int;
                attribute.I = number;
                break;
            case long[] numbers:
                attribute.Type = AttributeProto.Types.AttributeType.Ints;
                attribute.Ints.Add(numbers);
                break;
            default:
                throw new ArgumentException($"attribute {given.Name}: {given.Value.GetType().Name}", nameof(given));
        }

        return attribute;
    }

    private string Constant(TensorProto.Types.DataType type, ReadOnlySpan<byte> bytes, int[] shape)
    {
        string key = $"{type}[{string.Join(',', shape)}]{Convert.ToHexString(bytes)}";
        if (!_constants.TryGetValue(key, out string? name))
        {
            _constants[key] = name = $"constant_{_constants.Count}";
            Graph.Initializer.Add(Tensor(name, type, bytes, shape));
        }

        return name;
    }

    private static TensorProto Tensor(string name, TensorProto.Types.DataType type, ReadOnlySpan<byte> bytes, int[] shape)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.Add(shape.Select(size => (long)size));
        return tensor;
    }

    private static ValueInfoProto Describe(string name, TensorProto.Types.DataType type, string[] axes)
    {
        var shape = new TensorShapeProto();
        foreach (string axis in axes)
        {
            shape.Dim.Add(long.TryParse(axis, out long size)
                ? new TensorShapeProto.Types.Dimension { DimValue = size }
                : new TensorShapeProto.Types.Dimension { DimParam = axis });
        }

        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } },
        };
    }
}

using System.Runtime.InteropServices;
using Google.Protobuf;
using Interp.Onnx.Format;
using DataType = Interp.Onnx.Format.TensorProto.Types.DataType;
using Kind = Interp.Onnx.Format.AttributeProto.Types.AttributeType;

namespace Interp.Onnx.Tests;

/// <summary>Changes of graphs that change what they compute, or how they call things.</summary>
internal static class Changes
{
    /// <summary>Replaces every float32 number that fits by another.</summary>
    /// <returns>How many there were.</returns>
    public static int Numbers(GraphProto graph, Func<float, bool> which, float by)
    {
        int count = 0;
        foreach (TensorProto tensor in graph.Initializer.Concat(graph.Node.SelectMany(n => n.Attribute).Select(a => a.T).OfType<TensorProto>())
            .Where(t => t.DataType == (int)DataType.Float && t.RawData.Length == 4 && which(MemoryMarshal.Read<float>(t.RawData.Span))))
        {
            tensor.RawData = ByteString.CopyFrom(BitConverter.GetBytes(by));
            count++;
        }

        return count;
    }

    /// <summary>Puts an operator behind the node that gives a value.</summary>
    public static void Behind(GraphProto graph, string value, string op, float? number = null)
    {
        int at = graph.Node.ToList().FindIndex(n => n.Output.Contains(value));
        NodeProto node = graph.Node[at];
        node.Output[node.Output.IndexOf(value)] = value + "_before";
        var added = new NodeProto { OpType = op, Input = { value + "_before" }, Output = { value } };
        if (number is { } x)
        {
            graph.Initializer.Add(new TensorProto { Name = value + "_number", DataType = (int)DataType.Float, FloatData = { x }, Dims = { 1 } });
            added.Input.Add(value + "_number");
        }

        graph.Node.Insert(at + 1, added);
    }

    /// <summary>Writes an attribute of every node of an operator.</summary>
    public static void Attribute(GraphProto graph, string op, string name, long value)
    {
        foreach (NodeProto node in graph.Node.Where(n => n.OpType == op))
        {
            if (node.Attribute.FirstOrDefault(a => a.Name == name) is { } old)
            {
                node.Attribute.Remove(old);
            }

            node.Attribute.Add(new AttributeProto { Name = name, I = value, Type = Kind.Int });
        }
    }

    /// <summary>Gives an input another name.</summary>
    public static void Rename(GraphProto graph, string input, string name)
    {
        graph.Input.First(i => i.Name == input).Name = name;
        foreach (NodeProto node in graph.Node.Concat(graph.Node.SelectMany(n => n.Attribute).Select(a => a.G).OfType<GraphProto>().SelectMany(g => g.Node)))
        {
            for (int i = 0; i < node.Input.Count; i++)
            {
                node.Input[i] = node.Input[i] == input ? name : node.Input[i];
            }
        }
    }

    /// <summary>The values of a constant, for constants that hold more than one.</summary>
    public static float[] Values(TensorProto tensor) => MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray();
}

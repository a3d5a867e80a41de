using Google.Protobuf.Collections;
using Interp.Onnx.Format;
using Interp.Runtime.Weights;

namespace Interp.Onnx;

/// <summary>A node of a graph with typed access to its attributes.</summary>
/// <param name="proto">The message.</param>
internal sealed class OnnxNode(NodeProto proto)
{
    /// <summary>Its operator.</summary>
    public string Op => proto.OpType;

    /// <summary>The set of operators that it is of; empty for ONNX's own.</summary>
    public string Domain => proto.Domain is "ai.onnx" ? "" : proto.Domain;

    /// <summary>Its attributes.</summary>
    public RepeatedField<AttributeProto> Attributes => proto.Attribute;

    /// <summary>Its name, often a path such as <c>/model/layers.0/mlp/up_proj/MatMul</c>; may be empty.</summary>
    public string Name => proto.Name;

    /// <summary>Names of the values it reads; empty where an optional one is left out.</summary>
    public RepeatedField<string> Inputs => proto.Input;

    /// <summary>Names of the values it gives; empty where one is not wanted.</summary>
    public RepeatedField<string> Outputs => proto.Output;

    /// <summary>The first output.</summary>
    public string Output => proto.Output.Count > 0 ? proto.Output[0] : "";

    /// <summary>Strings that an exporter left about where the node came from.</summary>
    public RepeatedField<StringStringEntryProto> Metadata => proto.MetadataProps;

    /// <summary>Place in the topological order.</summary>
    public int Order { get; set; }

    /// <summary>What messages call the node.</summary>
    public string Label => $"node {OneLine.Quote(Name.Length > 0 ? Name : Output)} ({Op})";

    /// <summary>Whether the node holds graphs of its own, as If and Loop do.</summary>
    public bool HasSubgraphs => proto.Attribute.Any(a => a.G is not null || a.Graphs.Count > 0);

    /// <summary>The operators inside its own graphs.</summary>
    public IEnumerable<string> SubgraphOperators => proto.Attribute
        .SelectMany(a => a.Graphs.Append(a.G)).OfType<GraphProto>().SelectMany(g => g.Node).Select(n => n.OpType);

    /// <summary>An input, or empty when it is left out.</summary>
    /// <param name="index">Which one.</param>
    public string Input(int index) => index < proto.Input.Count ? proto.Input[index] : "";

    /// <summary>An attribute, or null.</summary>
    /// <param name="name">Its name.</param>
    public AttributeProto? Attribute(string name) => proto.Attribute.FirstOrDefault(a => a.Name == name);

    /// <summary>An integer attribute.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="fallback">Its value when it is not written.</param>
    public long Int(string name, long fallback) => Attribute(name) is { } a ? a.I : fallback;

    /// <summary>A float attribute.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="fallback">Its value when it is not written.</param>
    public float Float(string name, float fallback) => Attribute(name) is { } a ? a.F : fallback;
}

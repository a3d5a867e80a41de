using System.Runtime.InteropServices;
using Google.Protobuf;
using Interp.Onnx.Export;
using Interp.Onnx.Format;
using Interp.Runtime.Kernels;
using DataType = Interp.Onnx.Format.TensorProto.Types.DataType;

namespace Interp.Onnx;

/// <summary>
/// A graph in float16 or bfloat16 that computes in float32 on the same weights: every constant, input, output and cast of 2 bytes
/// becomes float32, exactly. What remains between it and a model is the rounding of weights, not that of every operation. Numbers that
/// are the model's own, rounded, such as the square root of the head dimension, become those (<see cref="ModelNumbers"/>).
/// </summary>
internal sealed class HalfPrecisionGraph : IDisposable
{
    private const string DataName = "widened.data";
    private const long LargestInline = 1L << 30;

    // Shapes and axes are read before the graph runs, so they stay in it.
    private const int SmallestBeside = 1024;

    private readonly OnnxFile _file;
    private readonly DirectoryInfo? _folder;
    private readonly ModelNumbers _numbers;
    private ExternalWriter? _external;

    private HalfPrecisionGraph(OnnxFile file, DirectoryInfo? folder, WeightFormat format, ModelConfig config)
    {
        (_file, _folder, Format) = (file, folder, format);
        _numbers = new ModelNumbers(config, format);
    }

    /// <summary>What the graph was in.</summary>
    public WeightFormat Format { get; }

    /// <summary>The folder of external data; null where the graph holds all.</summary>
    public string? Folder => _folder?.FullName;

    /// <summary>Widens a graph in place.</summary>
    /// <param name="model">The graph.</param>
    /// <param name="path">Its file, beside which external data lie.</param>
    /// <param name="config">The model that it is compared with.</param>
    /// <param name="largestInline">Bytes up to which the wider constants are kept in the message.</param>
    /// <returns>What must live as long as the graph is used; null, and nothing changed, where there is nothing to widen.</returns>
    /// <exception cref="InvalidInputException">A constant cannot be read.</exception>
    public static HalfPrecisionGraph? Widen(
        ModelProto model, string path, ModelConfig config, long largestInline = LargestInline)
    {
        TensorProto[] constants = [.. Constants(model.Graph)];
        if (!constants.Any(IsHalf) && !Values(model.Graph).Any(IsHalf))
        {
            return null;
        }

        bool beside = constants.Any(IsExternal)
            || constants.Where(IsHalf).Sum(t => t.Dims.Aggregate((double)sizeof(float), (a, b) => a * b)) > largestInline;
        bool brain = constants.Select(t => t.DataType).Concat(Values(model.Graph).Select(ElementType)).Contains((int)DataType.Bfloat16);
        var widened = new HalfPrecisionGraph(
            OnnxFile.Open(path), beside ? Directory.CreateTempSubdirectory("interp-onnx-") : null,
            brain ? WeightFormat.BFloat16 : WeightFormat.Float16, config);
        try
        {
            using FileStream? data = beside ? File.Create(Path.Combine(widened.Folder!, DataName)) : null;
            widened._external = data is null ? null : new ExternalWriter(data, DataName);
            widened.Widen(model.Graph);
            return widened;
        }
        catch
        {
            widened.Dispose();
            throw;
        }
        finally
        {
            widened._file.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _folder?.Delete(recursive: true);

    private void Widen(GraphProto graph)
    {
        foreach (ValueInfoProto value in Values(graph).Where(IsHalf))
        {
            value.Type.TensorType.ElemType = (int)DataType.Float;
        }

        foreach (TensorProto tensor in graph.Initializer)
        {
            Widen(tensor, _external);
        }

        foreach (NodeProto node in graph.Node)
        {
            foreach (AttributeProto attribute in node.Attribute)
            {
                if (attribute.Name == (node.OpType == "Cast" ? "to" : "dtype") && IsHalf((int)attribute.I))
                {
                    attribute.I = (int)DataType.Float;
                }

                if (attribute.T is { } constant)
                {
                    Widen(constant, null);
                }

                foreach (GraphProto inner in attribute.Graphs.Append(attribute.G).OfType<GraphProto>())
                {
                    Widen(inner);
                }
            }
        }
    }

    private void Widen(TensorProto tensor, ExternalWriter? external)
    {
        if (!IsHalf(tensor) && !IsExternal(tensor))
        {
            return;
        }

        var stored = OnnxTensor.Create(_file, tensor, tensor.Name);
        ReadOnlySpan<byte> bytes = IsHalf(tensor) ? MemoryMarshal.AsBytes(Widened(stored.Floats()).AsSpan()) : stored.Raw();
        tensor.DataType = IsHalf(tensor) ? (int)DataType.Float : tensor.DataType;
        tensor.Int32Data.Clear();
        tensor.ExternalData.Clear();
        tensor.DataLocation = TensorProto.Types.DataLocation.Default;
        if (external is not null && bytes.Length >= SmallestBeside)
        {
            external.Store(bytes, tensor);
        }
        else
        {
            tensor.RawData = ByteString.CopyFrom(bytes);
        }
    }

    private float[] Widened(float[] values) => _numbers.Exact(values) ?? values;

    private static IEnumerable<ValueInfoProto> Values(GraphProto graph) => graph.Input.Concat(graph.Output).Concat(graph.ValueInfo);

    private static IEnumerable<TensorProto> Constants(GraphProto graph)
    {
        IEnumerable<AttributeProto> attributes = graph.Node.SelectMany(n => n.Attribute);
        return graph.Initializer
            .Concat(attributes.Select(a => a.T).OfType<TensorProto>())
            .Concat(attributes.SelectMany(a => a.Graphs.Append(a.G)).OfType<GraphProto>().SelectMany(Constants));
    }

    private static bool IsHalf(int type) => (DataType)type is DataType.Float16 or DataType.Bfloat16;

    private static bool IsHalf(TensorProto tensor) => IsHalf(tensor.DataType);

    private static bool IsHalf(ValueInfoProto value) => IsHalf(ElementType(value));

    private static int ElementType(ValueInfoProto value) => value.Type?.TensorType?.ElemType ?? 0;

    private static bool IsExternal(TensorProto tensor) => tensor.DataLocation == TensorProto.Types.DataLocation.External;
}

using System.Runtime.InteropServices;
using Google.Protobuf;
using Interp.Onnx.Format;
using Microsoft.ML.OnnxRuntime;
using DataType = Interp.Onnx.Format.TensorProto.Types.DataType;

namespace Interp.Bench.Product;

/// <summary>One operation in ONNX Runtime: what it reads beside its first input is constant, and input and output are bound once.</summary>
internal sealed class OnnxNode : IDisposable
{
    private const int Opset = 20;

    private readonly InferenceSession session;
    private readonly OrtIoBinding binding;
    private readonly RunOptions options = new();
    private readonly OrtValue input;
    private readonly OrtValue output;

    /// <summary>Makes the session.</summary>
    /// <param name="operation">Name of the operation.</param>
    /// <param name="x">The first input, which may change between runs.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="constants">The other inputs with their shapes.</param>
    /// <param name="destination">The output.</param>
    /// <param name="result">Its shape.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="attribute">An attribute of the operation.</param>
    internal OnnxNode(
        string operation, float[] x, long[] shape, (float[] Values, long[] Shape)[] constants, float[] destination, long[] result,
        int threads, AttributeProto? attribute = null)
    {
        using var settings = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
        };
        session = new InferenceSession(Model(operation, shape, constants, result, attribute), settings);
        input = OrtValue.CreateTensorValueFromMemory(x, shape);
        output = OrtValue.CreateTensorValueFromMemory(destination, result);
        binding = session.CreateIoBinding();
        binding.BindInput("x", input);
        binding.BindOutput("y", output);
    }

    internal void Run() => session.RunWithBinding(options, binding);

    public void Dispose()
    {
        binding.Dispose();
        input.Dispose();
        output.Dispose();
        options.Dispose();
        session.Dispose();
    }

    private static byte[] Model(
        string operation, long[] shape, (float[] Values, long[] Shape)[] constants, long[] result, AttributeProto? attribute)
    {
        var graph = new GraphProto { Name = operation };
        var node = new NodeProto { OpType = operation };
        node.Input.Add("x");
        node.Output.Add("y");
        if (attribute is not null)
            node.Attribute.Add(attribute);
        for (int i = 0; i < constants.Length; i++)
        {
            var tensor = new TensorProto
            {
                Name = $"c{i}",
                DataType = (int)DataType.Float,
                RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(constants[i].Values.AsSpan())),
            };
            tensor.Dims.Add(constants[i].Shape);
            graph.Initializer.Add(tensor);
            node.Input.Add(tensor.Name);
        }

        graph.Node.Add(node);
        graph.Input.Add(Value("x", shape));
        graph.Output.Add(Value("y", result));
        var model = new ModelProto { IrVersion = 9, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = Opset });
        return model.ToByteArray();
    }

    private static ValueInfoProto Value(string name, long[] shape)
    {
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float, Shape = new TensorShapeProto() };
        tensor.Shape.Dim.Add(shape.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }
}

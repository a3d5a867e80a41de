using System.Runtime.InteropServices;
using Google.Protobuf;
using Interp.Runtime.Onnx.Format;
using Microsoft.ML.OnnxRuntime;
using DataType = Interp.Runtime.Onnx.Format.TensorProto.Types.DataType;

namespace Interp.Bench.Product;

/// <summary>ONNX Runtime's MatMul with the weights as initializer, so that it packs them; input and output are bound once.</summary>
internal sealed class OnnxProduct : IDisposable
{
    private readonly InferenceSession session;
    private readonly OrtIoBinding binding;
    private readonly RunOptions options = new();
    private readonly OrtValue input;
    private readonly OrtValue output;

    internal OnnxProduct(float[] x, int m, float[] w, int k, int n, float[] destination, int threads)
    {
        using var settings = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
        };
        session = new InferenceSession(Model(w, m, k, n), settings);
        input = OrtValue.CreateTensorValueFromMemory(x, [m, k]);
        output = OrtValue.CreateTensorValueFromMemory(destination, [m, n]);
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

    private static byte[] Model(float[] w, int m, int k, int n)
    {
        var weights = new TensorProto
        {
            Name = "w",
            DataType = (int)DataType.Float,
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(w.AsSpan())),
        };
        weights.Dims.Add([k, n]);
        var node = new NodeProto { OpType = "MatMul" };
        node.Input.Add(["x", "w"]);
        node.Output.Add("y");
        var graph = new GraphProto { Name = "product" };
        graph.Node.Add(node);
        graph.Initializer.Add(weights);
        graph.Input.Add(Value("x", m, k));
        graph.Output.Add(Value("y", m, n));
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        return model.ToByteArray();
    }

    private static ValueInfoProto Value(string name, params int[] shape)
    {
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float, Shape = new TensorShapeProto() };
        tensor.Shape.Dim.Add(shape.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }
}

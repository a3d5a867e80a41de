using System.Runtime.InteropServices;
using Google.Protobuf;
using Interp.Onnx;
using Interp.Onnx.Format;
using Interp.Runtime;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using DataType = Interp.Onnx.Format.TensorProto.Types.DataType;

namespace Interp.Analysis.Tests.Weights;

/// <summary>
/// A model's float32 weights in a forward pass of float64: its exported graph with every float of it a double, run by ONNX Runtime. What two
/// models differ by here is in their weights; the rounding of passes is 1e-15.
/// </summary>
internal static class Float64Graph
{
    /// <summary>Operations that ONNX Runtime has in float32 only; their operands are constant or bounded.</summary>
    private static readonly string[] Float32Only = ["Cos", "Erf"];

    /// <summary>Log-probabilities [position][token].</summary>
    public static double[][] LogProbabilities(TransformerModel model, int[] tokens)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".onnx");
        try
        {
            OnnxExport.Write(model, path);
            ModelProto graph = ModelProto.Parser.ParseFrom(File.ReadAllBytes(path));
            Widen(graph.Graph);
            using var options = new SessionOptions
            {
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
                GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
            };
            using var session = new InferenceSession(graph.ToByteArray(), options);
            using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = session.Run(
                [.. session.InputNames.Select(n => NamedOnnxValue.CreateFromTensor(n, Integers(n, tokens)))]);
            double[] logits = [.. outputs[0].AsTensor<double>()];
            return [.. logits.Chunk(logits.Length / tokens.Length).Select(LogProbabilities)];
        }
        finally
        {
            File.Delete(path);
        }
    }

    public static double[] LogProbabilities(double[] logits)
    {
        double most = logits.Max(), total = Math.Log(logits.Sum(x => Math.Exp(x - most)));
        return [.. logits.Select(x => x - most - total)];
    }

    private static DenseTensor<long> Integers(string name, int[] tokens) =>
        new(tokens.Select(t => name == "input_ids" ? t : name == "attention_mask" ? 1L : 0).ToArray(), [1, tokens.Length]);

    private static void Widen(GraphProto graph)
    {
        foreach (ValueInfoProto value in graph.Input.Concat(graph.Output).Concat(graph.ValueInfo))
        {
            if (value.Type?.TensorType is { ElemType: (int)DataType.Float } type)
            {
                type.ElemType = (int)DataType.Double;
            }
        }

        foreach (TensorProto tensor in graph.Initializer.Concat(graph.Node.SelectMany(n => n.Attribute).Select(a => a.T).OfType<TensorProto>()))
        {
            if (tensor.DataType == (int)DataType.Float)
            {
                float[] values = tensor.FloatData.Count > 0
                    ? [.. tensor.FloatData]
                    : MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray();
                double[] wide = [.. values.Select(x => (double)x)];
                tensor.FloatData.Clear();
                tensor.DataType = (int)DataType.Double;
                tensor.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(wide.AsSpan()));
            }
        }

        foreach (AttributeProto to in graph.Node.Where(n => n.OpType == "Cast").SelectMany(n => n.Attribute).Where(a => a.I == (int)DataType.Float))
        {
            to.I = (int)DataType.Double;
        }

        NodeProto[] nodes = [.. graph.Node];
        graph.Node.Clear();
        foreach (NodeProto node in nodes)
        {
            if (!Float32Only.Contains(node.OpType))
            {
                graph.Node.Add(node);
                continue;
            }

            string output = node.Output[0];
            graph.Node.Add(Cast(node.Input[0], output + ".in", DataType.Float));
            (node.Input[0], node.Output[0]) = (output + ".in", output + ".out");
            graph.Node.Add(node);
            graph.Node.Add(Cast(output + ".out", output, DataType.Double));
        }
    }

    private static NodeProto Cast(string from, string to, DataType type) => new()
    {
        OpType = "Cast",
        Input = { from },
        Output = { to },
        Attribute = { new AttributeProto { Name = "to", Type = AttributeProto.Types.AttributeType.Int, I = (int)type } },
    };
}

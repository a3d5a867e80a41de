using Google.Protobuf;
using Interp.Hooks;
using Interp.Onnx.Format;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Interp.Onnx;

/// <summary>
/// Runs an ONNX graph with ONNX Runtime, an engine written by others, and reads any of its values: the second opinion that a
/// model is checked against.
/// </summary>
public sealed class OnnxEngine : IDisposable
{
    private const string ExternalFolder = "session.model_external_initializers_file_folder_path";

    private readonly InferenceSession _session;
    private readonly string _path;
    private readonly HalfPrecisionGraph? _widened;
    private readonly EngineInputs _inputs;

    private OnnxEngine(string path, InferenceSession session, HalfPrecisionGraph? widened = null)
    {
        using (OnnxModel graph = OnnxModel.Open(path))
        {
            _inputs = new EngineInputs(path, graph.Inputs);
        }

        _path = path;
        _session = session;
        _widened = widened;
    }

    /// <summary>Opens a graph.</summary>
    /// <param name="path">The file.</param>
    /// <param name="values">Values inside the graph to be read besides its outputs.</param>
    /// <param name="threads">Threads; 0 = as ONNX Runtime chooses.</param>
    /// <param name="widenFor">
    /// The model that the graph is to be compared with: a graph in float16 or bfloat16 then computes in float32, on its own weights,
    /// so that its rounding hides nothing. Null = as it is.
    /// </param>
    /// <exception cref="InvalidInputException">The file is no graph that ONNX Runtime can run.</exception>
    public static OnnxEngine Open(string path, IEnumerable<string>? values = null, int threads = 0, ModelConfig? widenFor = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw new InvalidInputException($"{path}: no such file");
        }

        HalfPrecisionGraph? widened = null;
        try
        {
            using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
            options.IntraOpNumThreads = threads;
            string[] added = [.. values ?? []];
            if (added.Length == 0 && widenFor is null)
            {
                return new OnnxEngine(path, new InferenceSession(path, options));
            }

            ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(path));
            HashSet<string> outputs = [.. model.Graph.Output.Select(o => o.Name)];
            model.Graph.Output.Add(added.Where(outputs.Add).Select(name => new ValueInfoProto { Name = name }));
            widened = widenFor is null ? null : HalfPrecisionGraph.Widen(model, path, widenFor);
            options.AddSessionConfigEntry(ExternalFolder, widened?.Folder ?? Path.GetDirectoryName(Path.GetFullPath(path))!);
            return new OnnxEngine(path, new InferenceSession(model.ToByteArray(), options), widened);
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or InvalidProtocolBufferException or IOException)
        {
            widened?.Dispose();
            throw new InvalidInputException(
                $"{path}: ONNX Runtime cannot open it ({exception.Message.ReplaceLineEndings(" ")})", exception);
        }
    }

    /// <summary><c>float16</c> or <c>bfloat16</c> where the file's graph is in that format and computes in float32 here; else null.</summary>
    public string? WidenedFrom => _widened?.Format.Name();

    /// <summary>The names that a run gives back.</summary>
    public IReadOnlyList<string> Outputs => _session.OutputNames;

    /// <summary>
    /// Runs a batch, padded where its sequences differ in length. Inputs are given under the graph's own names, by what each feeds: token
    /// ids, positions, token types, the mask, and an empty past.
    /// </summary>
    /// <param name="tokens">Token ids, [sequence][position].</param>
    /// <param name="tokenTypes">Token types of the same lengths; null = 0.</param>
    /// <returns>Every output in float32 under its name, with the batch axis first; rows of padding are on the right.</returns>
    /// <exception cref="InvalidInputException">The graph has an input that is none of these, or cannot run these tokens.</exception>
    public IReadOnlyDictionary<string, TensorValue> Run(
        IReadOnlyList<IReadOnlyList<int>> tokens, IReadOnlyList<IReadOnlyList<int>>? tokenTypes = null)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        NamedOnnxValue[] inputs = [.. _session.InputMetadata.Select(input => _inputs.Value(input.Key, input.Value, tokens, tokenTypes))];
        try
        {
            using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = _session.Run(inputs);
            return outputs.ToDictionary(o => o.Name, Floats);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InvalidInputException(
                $"{_path}: ONNX Runtime cannot run it ({exception.Message.ReplaceLineEndings(" ")})", exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _widened?.Dispose();
    }

    private static TensorValue Floats(DisposableNamedOnnxValue output) => output.ElementType switch
    {
        TensorElementType.Float => Of(output.AsTensor<float>(), x => x),
        TensorElementType.Float16 => Of(output.AsTensor<Float16>(), x => (float)x),
        TensorElementType.Int64 => Of(output.AsTensor<long>(), x => x),
        TensorElementType.Bool => Of(output.AsTensor<bool>(), x => x ? 1 : 0),
        TensorElementType.Double => Of(output.AsTensor<double>(), x => (float)x),
        TensorElementType other => throw new InvalidInputException($"output {output.Name}: expected floats, found {other}"),
    };

    private static TensorValue Of<T>(Tensor<T> tensor, Func<T, float> convert) =>
        new([.. tensor.Dimensions], [.. tensor.Select(convert)]);
}

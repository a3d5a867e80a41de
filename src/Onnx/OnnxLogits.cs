using Interp.Analysis;
using Microsoft.ML.OnnxRuntime;

namespace Interp.Onnx;

/// <summary>
/// A graph and a batch bound to ONNX Runtime once, with all its optimisations and logits written to memory of the caller's, so that
/// a run is nothing but the engine's own work.
/// </summary>
public sealed class OnnxLogits : IForwardPeer
{
    private readonly List<IDisposable> _owned = [];
    private readonly InferenceSession _session;
    private readonly OrtIoBinding _binding;
    private readonly Microsoft.ML.OnnxRuntime.RunOptions _options;
    private readonly float[] _logits;

    /// <summary>Opens a graph that <see cref="OnnxExport"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tokens">Sequences of one length.</param>
    /// <param name="vocabulary">d_vocab.</param>
    /// <param name="threads">Threads.</param>
    /// <exception cref="InvalidInputException">Sequences differ in length, or the graph cannot be opened.</exception>
    public OnnxLogits(string path, IReadOnlyList<IReadOnlyList<int>> tokens, int vocabulary, int threads)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        int length = tokens[0].Count;
        if (tokens.Any(t => t.Count != length))
        {
            throw new InvalidInputException($"batch: expected sequences of {length} tokens, found other lengths");
        }

        try
        {
            using var settings = new SessionOptions
            {
                IntraOpNumThreads = threads,
                InterOpNumThreads = 1,
                GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
            };
            _session = new InferenceSession(path, settings);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InvalidInputException(
                $"{path}: ONNX Runtime cannot open it ({exception.Message.ReplaceLineEndings(" ")})", exception);
        }

        _options = new Microsoft.ML.OnnxRuntime.RunOptions();
        _binding = _session.CreateIoBinding();
        _logits = new float[checked(tokens.Count * length * vocabulary)];
        foreach (string name in _session.InputNames)
        {
            long[] values = [.. tokens.SelectMany(t => t).Select(t => name switch
            {
                "input_ids" => t,
                "attention_mask" => 1L,
                _ => 0L,
            })];
            _binding.BindInput(name, Own(OrtValue.CreateTensorValueFromMemory(values, [tokens.Count, length])));
        }

        _binding.BindOutput(
            "logits", Own(OrtValue.CreateTensorValueFromMemory(_logits, [tokens.Count, length, vocabulary])));
    }

    /// <inheritdoc/>
    public string Name => "ONNX Runtime";

    /// <inheritdoc/>
    public string Kind => "onnxruntime";

    /// <summary>Runs the batch.</summary>
    /// <returns>Logits, [sequence, position, d_vocab]; the next run writes to the same memory.</returns>
    public ReadOnlySpan<float> Run()
    {
        _session.RunWithBinding(_options, _binding);
        return _logits;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _binding.Dispose();
        _owned.ForEach(o => o.Dispose());
        _options.Dispose();
        _session.Dispose();
    }

    private OrtValue Own(OrtValue value)
    {
        _owned.Add(value);
        return value;
    }
}

using Interp.Analysis;
using Interp.Hooks;

namespace Interp.Onnx;

/// <summary>
/// What ONNX Runtime computes on a graph for some prompts: its logits and every value that is a hook point. Run once, compared with
/// as many models as wanted.
/// </summary>
public sealed class OnnxReference : IDisposable
{
    private const string Logits = "logits", StoredLogits = "logits_as_stored";

    private readonly IReadOnlyList<IReadOnlyList<int>> _prompts;
    private readonly ReferenceValues[] _values;
    private readonly ReferenceValues[] _stored = [];
    private readonly GraphRounding? _rounding;
    private readonly string? _format;
    private readonly string? _other;

    private OnnxReference(string path, TransformerModel model, IReadOnlyList<IReadOnlyList<int>> prompts)
    {
        _prompts = prompts;
        IReadOnlyList<OnnxHookValue> points = OnnxHookValues.Find(path, model);
        using var engine = OnnxEngine.Open(path, points.Select(v => v.Value), widenFor: model.Config);
        _values = [.. prompts.Select(p => Run(engine, model, points, p))];
        _format = engine.WidenedFrom;
        if (_format is null)
        {
            return;
        }

        _rounding = GraphRounding.Open(path);
        _other = _rounding.OtherConstant(model.Config);
        if (_format == "float16")
        {
            using var stored = OnnxEngine.Open(path);
            _stored = [.. prompts.Select(p => Run(stored, model, [], p))];
        }
    }

    /// <summary>Runs a graph.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model that it is a graph of.</param>
    /// <param name="prompts">Token ids; each prompt is run alone.</param>
    /// <exception cref="InvalidInputException">The graph cannot be read or run.</exception>
    public static OnnxReference Open(string path, TransformerModel model, IReadOnlyList<IReadOnlyList<int>> prompts)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(prompts);
        return new OnnxReference(path, model, prompts);
    }

    /// <summary>
    /// Compares a model with ONNX Runtime. A graph in float16 or bfloat16 is run in float32 on its own weights, against the model with the
    /// same weights rounded to that format, so that rounding hides no difference; for float16, the logits of the graph as it is are
    /// compared as well, in a row <c>logits_as_stored</c>. <see cref="VerifyReport.Note"/> says so.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="path">An ONNX graph of the same model.</param>
    /// <param name="prompts">Token ids of the prompts; each is run alone.</param>
    /// <param name="tolerance">
    /// What the relative difference of a point may be; null = <see cref="Analysis.Verification.Tolerance"/>, or
    /// <see cref="Analysis.Verification.RoundedTolerance"/>.
    /// </param>
    /// <param name="memory">Most bytes of one of the model's runs beside the weights; null = no limit.</param>
    /// <exception cref="InvalidInputException">The graph cannot be read or run, or a prompt does not fit the model.</exception>
    public static VerifyReport Verify(
        TransformerModel model, string path, IReadOnlyList<IReadOnlyList<int>> prompts, double? tolerance = null, long? memory = null)
    {
        using OnnxReference reference = Open(path, model, prompts);
        return reference.Compare(model, tolerance, memory);
    }

    /// <summary>Compares a model with what the graph computed; see <see cref="Verify"/>.</summary>
    /// <param name="model">A model of the same configuration.</param>
    /// <param name="tolerance">What the relative difference of a point may be; null = what the graph allows.</param>
    /// <param name="memory">Most bytes of one of the model's runs beside the weights; null = no limit.</param>
    public VerifyReport Compare(TransformerModel model, double? tolerance = null, long? memory = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        double allowed = tolerance ?? (_other is null ? Analysis.Verification.Tolerance : Analysis.Verification.RoundedTolerance);
        TransformerModel compared = _rounding?.Apply(model) ?? model;
        VerifyReport report = Analysis.Verification.Compare(compared, _prompts, allowed, memory, prompt => _values[prompt]);
        if (_format is null)
        {
            return report;
        }

        string others = _other is null ? "" : $" (other constants, such as '{_other}', stay rounded in the graph alone)";
        string note = $"the graph is in {_format}: compared are its values computed in float32 with those of the model's weights "
            + $"rounded to {_format} where the graph keeps them so{others}";
        if (_stored.Length == 0)
        {
            return report with { Note = note };
        }

        VerifyReport whole = Analysis.Verification.Compare(model, _prompts, Analysis.Verification.HalfTolerance, memory, prompt => _stored[prompt]);
        return report with
        {
            Rows = [.. report.Rows, .. whole.Rows.Select(row => row with { Hook = StoredLogits })],
            Note = string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{note}; {StoredLogits} is the graph as it is against the model as it is, within {Analysis.Verification.HalfTolerance}"),
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _rounding?.Dispose();

    private static ReferenceValues Run(
        OnnxEngine engine, TransformerModel model, IReadOnlyList<OnnxHookValue> values, IReadOnlyList<int> prompt)
    {
        IReadOnlyDictionary<string, TensorValue> outputs = engine.Run([prompt]);
        Dictionary<HookPoint, float[]> found = [];
        foreach (OnnxHookValue value in values)
        {
            // A graph may have the value in another form, such as an embedding before it is projected into the stream.
            float[] taken = value.Take(outputs[value.Value]);
            if (taken.Length == model.Hooks.Shape(value.Point, prompt.Count, prompt.Count).Aggregate(1, (a, b) => a * b))
            {
                found[value.Point] = taken;
            }
        }

        // Of a graph without a head, the last hidden state is one of the hook points.
        return new ReferenceValues(found, !model.Config.HasUnembed ? null : outputs[engine.Outputs.Contains(Logits) ? Logits : engine.Outputs[0]].Values);
    }
}

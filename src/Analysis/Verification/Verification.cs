using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// Checks that a loaded model computes what another implementation computes: activations that somebody else wrote to a file, or
/// what ONNX Runtime computes on a graph (<c>OnnxReference</c> of Interp.Onnx). Every hook point that can be matched is compared, not only the logits.
/// </summary>
public static class Verification
{
    /// <summary>The largest relative difference that rounding in float32 explains.</summary>
    public const double Tolerance = 1e-5;

    /// <summary>The same for a graph with constants in float16 or bfloat16 that are no weights, such as tables of cosines.</summary>
    public const double RoundedTolerance = 1e-3;

    /// <summary>What the logits of such a graph as it is, every operation rounded, may differ by, relative to their largest.</summary>
    public const double HalfTolerance = 2e-2;

    private const string Logits = "logits";

    /// <summary>
    /// Compares with a safetensors file that has tensors under the names of hook points, [positions, ...] with or without a
    /// batch axis of 1 in front, and perhaps <c>logits</c> and <c>tokens</c>: what <c>interp cache</c> writes, or a script that
    /// saves the cache of another library.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="path">The file.</param>
    /// <param name="tokens">Token ids; null = those of the file.</param>
    /// <param name="tolerance">What the relative difference of a point may be.</param>
    /// <param name="memory">Most bytes of the model's run beside the weights; null = no limit.</param>
    /// <exception cref="InvalidInputException">
    /// The file cannot be read, has a tensor that is no hook point of the model or has another shape, or has no tokens.
    /// </exception>
    public static VerifyReport AgainstFile(
        TransformerModel model, string path, IReadOnlyList<int>? tokens = null, double tolerance = Tolerance,
        long? memory = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        var reference = ReferenceFile.Read(path, model);
        IReadOnlyList<int> prompt = tokens ?? reference.Tokens ?? throw new InvalidInputException(
            $"{path}: expected a tensor 'tokens' with the token ids, or ids given beside it; found neither");
        reference.RequireLength(prompt.Count);
        return Compare(model, [prompt], tolerance, memory, _ => new ReferenceValues(reference.Values, reference.Logits));
    }

    /// <summary>Compares a model, prompt by prompt.</summary>
    internal static VerifyReport Compare(
        TransformerModel model, IReadOnlyList<IReadOnlyList<int>> prompts, double tolerance, long? memory,
        Func<int, ReferenceValues> reference)
    {
        Dictionary<HookPoint, ActivationComparison> points = [];
        var logits = new ActivationComparison(Logits, null);
        bool compared = false;
        for (int i = 0; i < prompts.Count; i++)
        {
            (IReadOnlyDictionary<HookPoint, float[]> values, float[]? expected) = reference(i);
            var options = new RunOptions { Observe = [.. values.Keys.Select(p => (HookQuery)p)], MemoryBudget = memory };
            RunResult run = model.Run(prompts[i], options);
            foreach ((HookPoint point, float[] theirs) in values)
            {
                int? layer = point.Layer < 0 ? null : point.Layer;
                ActivationComparison comparison = points.TryGetValue(point, out ActivationComparison? known)
                    ? known
                    : points[point] = new ActivationComparison(model.Hooks.Name(point), layer);
                comparison.Add(run.Cache().Shape(point), run.Cache().Values(point), theirs);
            }

            if (expected is not null)
            {
                var ours = new float[prompts[i].Count * model.Config.DVocabOut];
                run.Logits(0).FlattenTo(ours);
                logits.Add([prompts[i].Count, model.Config.DVocabOut], ours, expected);
                compared = true;
            }
        }

        VerifyRow[] rows = [.. model.Hooks.AllPoints.Where(points.ContainsKey).Select(p => points[p].Row(tolerance))];
        return new VerifyReport(compared ? [.. rows, logits.Row(tolerance)] : rows, tolerance);
    }
}

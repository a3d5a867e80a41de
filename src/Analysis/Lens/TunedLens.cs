using Interp.Runtime;
using Interp.Runtime.Weights;

namespace Interp.Analysis;

/// <summary>
/// The translators of a tuned lens (Belrose et al. 2023): before layer l is read, x becomes x + x A_l^T + b_l. Read from a
/// safetensors file with <c>{l}.weight</c> [d_model, d_model] and <c>{l}.bias</c> [d_model] for every layer, with or without
/// <c>layer_translators.</c> in front.
/// </summary>
public sealed class TunedLens
{
    private readonly float[][] _weights;
    private readonly float[][] _biases;

    private TunedLens(float[][] weights, float[][] biases) => (_weights, _biases) = (weights, biases);

    /// <summary>Reads translators.</summary>
    /// <param name="path">The file.</param>
    /// <param name="config">The model that they were trained for.</param>
    /// <exception cref="InvalidInputException">A tensor is missing, left over or has another shape.</exception>
    public static TunedLens Load(string path, ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(config);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        const string Prefix = "layer_translators.";
        Dictionary<string, TensorEntry> entries = file.Entries.ToDictionary(
            e => e.Name.StartsWith(Prefix, StringComparison.Ordinal) ? e.Name[Prefix.Length..] : e.Name);
        int d = config.DModel;
        float[][] weights = [.. Enumerable.Range(0, config.NLayers).Select(l => Take($"{l}.weight", d, d))];
        float[][] biases = [.. Enumerable.Range(0, config.NLayers).Select(l => Take($"{l}.bias", d))];
        return entries.Count == 0
            ? new TunedLens(weights, biases)
            : throw new InvalidInputException($"{path}: expected translators of {config.NLayers} layers, found {entries.Keys.Order().First()} besides");

        float[] Take(string name, params int[] shape)
        {
            if (!entries.Remove(name, out TensorEntry? entry))
            {
                throw new InvalidInputException($"{path}: expected a tensor {name}, found none");
            }

            int[] found = [.. entry.Shape.Select(n => (int)n)];
            if (!found.SequenceEqual(shape))
            {
                throw new InvalidInputException(
                    $"{path}: {name}: expected shape [{string.Join(", ", shape)}], found [{string.Join(", ", found)}]");
            }

            var values = new float[entry.Count];
            file.ReadFloats(entry.Name, values);
            return values;
        }
    }

    /// <summary>x + x A^T + b for each row.</summary>
    /// <param name="layer">0-based layer that would read the rows.</param>
    /// <param name="rows">[rows, d_model].</param>
    /// <returns>[rows, d_model].</returns>
    public float[] Translate(int layer, ReadOnlySpan<float> rows)
    {
        float[] weight = _weights[layer], bias = _biases[layer];
        int d = bias.Length;
        var result = new float[rows.Length];
        for (int start = 0; start < rows.Length; start += d)
        {
            ReadOnlySpan<float> row = rows.Slice(start, d);
            for (int i = 0; i < d; i++)
            {
                result[start + i] = (float)(row[i] + Dots.Of(row, weight.AsSpan(i * d, d)) + bias[i]);
            }
        }

        return result;
    }
}

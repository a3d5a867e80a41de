using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>Reads the shapes that families share: linear maps in either orientation, norms, fused projections.</summary>
/// <param name="source">Where tensors come from.</param>
/// <param name="prefix">Prepended to every name.</param>
internal sealed class WeightReader(IWeightSource source, string prefix = "")
{
    /// <summary>A reader for names below a path.</summary>
    public WeightReader Under(string path) => new(source, prefix + path + ".");

    /// <summary>The full name of a tensor.</summary>
    public string Name(string name) => prefix + name;

    /// <summary>Whether a tensor exists.</summary>
    public bool Has(string name) => source.Contains(prefix + name);

    /// <summary>A tensor of the expected shape.</summary>
    public float[] Read(string name, params int[] shape) => source.Read(prefix + name, shape);

    /// <summary>A tensor of the expected shape, without a copy where that can be.</summary>
    public WeightView View(string name, params int[] shape) => source.View(prefix + name, shape);

    /// <summary>A torch Linear: weight [outputs, inputs], bias when <paramref name="bias"/>.</summary>
    public Linear Linear(string name, int outputs, int inputs, bool bias) =>
        View(name + ".weight", outputs, inputs).OutputsFirst(outputs, inputs, bias ? Read(name + ".bias", outputs) : null);

    /// <summary>A torch Linear whose bias the configuration asks for, or that is read where the checkpoint has one (null).</summary>
    /// <exception cref="InvalidInputException">There is a bias that the configuration says is not there, or none that it asks for.</exception>
    public Linear LinearOf(string name, int outputs, int inputs, bool? bias) => Linear(name, outputs, inputs, HasBias(name, bias));

    /// <summary>
    /// Queries, keys and values in one torch Linear with rows [group, (queries of the group, key, value), d_head]; a group
    /// is what shares a key-value head. The bias is read where the configuration asks for it, or (null) where the checkpoint has one.
    /// </summary>
    public (Linear Query, Linear Key, Linear Value) FusedByGroup(string name, ModelConfig config, bool? biased)
    {
        int d = config.DModel, head = config.DHead, groups = config.NKeyValueHeads, queries = config.NHeads / groups;
        int fused = groups * (queries + 2) * head;
        WeightView weight = View(name + ".weight", fused, d);
        float[]? bias = HasBias(name, biased) ? Read(name + ".bias", fused) : null;
        return (Part(0, queries), Part(queries, 1), Part(queries + 1, 1));

        Linear Part(int first, int count)
        {
            int size = count * head;
            float[]? partBias = bias is null ? null : new float[groups * size];
            for (int g = 0; g < groups; g++)
                bias?.AsSpan(((g * (queries + 2)) + first) * head, size).CopyTo(partBias.AsSpan(g * size));
            var place = new WeightPlace((long)first * head * d, Block: size, BlockStride: checked((queries + 2) * head * d));
            return weight.OutputsFirst(groups * size, d, partBias, place);
        }
    }

    private bool HasBias(string name, bool? expected)
    {
        bool found = Has(name + ".bias");
        return expected != false || !found ? expected ?? found : throw new InvalidInputException(
            $"{source.Description}: tensor {OneLine.Quote(Name(name + ".bias"))}: expected none, since the configuration says that "
            + "there is no bias, found one");
    }

    /// <summary>A GPT-2 Conv1D: weight [inputs, outputs] and bias.</summary>
    public Linear Conv1D(string name, int inputs, int outputs) =>
        View(name + ".weight", inputs, outputs).InputsFirst(inputs, outputs, Read(name + ".bias", outputs));

    /// <summary>A LayerNorm with gain and bias, under their present or their old names.</summary>
    public NormWeights LayerNorm(string name, int d) => Has(name + ".gamma")
        ? new(Read(name + ".gamma", d), Read(name + ".beta", d))
        : new(Read(name + ".weight", d), Read(name + ".bias", d));

    /// <summary>An RMSNorm whose gain is stored as w for 1 + w.</summary>
    public NormWeights OnePlusRmsNorm(string name, int d) => new([.. Read(name + ".weight", d).Select(w => 1 + w)], []);

    /// <summary>An RMSNorm with gain.</summary>
    public NormWeights RmsNorm(string name, int d) => new(Read(name + ".weight", d), []);
}

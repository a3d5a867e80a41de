using Interp.Runtime.Weights;

namespace Interp.Runtime.Families;

/// <summary>Reads the shapes that families share: linear maps in either orientation, norms, fused projections.</summary>
/// <param name="source">Where tensors come from.</param>
/// <param name="prefix">Prepended to every name.</param>
internal sealed class WeightReader(IWeightSource source, string prefix = "")
{
    /// <summary>A reader for names below a path.</summary>
    public WeightReader Under(string path) => new(source, prefix + path + ".");

    /// <summary>Whether a tensor exists.</summary>
    public bool Has(string name) => source.Contains(prefix + name);

    /// <summary>A tensor of the expected shape.</summary>
    public float[] Read(string name, params int[] shape) => source.Read(prefix + name, shape);

    /// <summary>A torch Linear: weight [outputs, inputs], bias when <paramref name="bias"/>.</summary>
    public Linear Linear(string name, int outputs, int inputs, bool bias) => Runtime.Linear.FromOutputsByInputs(
        Read(name + ".weight", outputs, inputs), outputs, inputs, bias ? Read(name + ".bias", outputs) : null);

    /// <summary>A GPT-2 Conv1D: weight [inputs, outputs] and bias.</summary>
    public Linear Conv1D(string name, int inputs, int outputs) => Runtime.Linear.FromInputsByOutputs(
        Read(name + ".weight", inputs, outputs), inputs, outputs, Read(name + ".bias", outputs));

    /// <summary>A LayerNorm with gain and bias, under their present or their old names.</summary>
    public NormWeights LayerNorm(string name, int d) => Has(name + ".gamma")
        ? new(Read(name + ".gamma", d), Read(name + ".beta", d))
        : new(Read(name + ".weight", d), Read(name + ".bias", d));

    /// <summary>An RMSNorm whose gain is stored as w for 1 + w.</summary>
    public NormWeights OnePlusRmsNorm(string name, int d) => new([.. Read(name + ".weight", d).Select(w => 1 + w)], []);

    /// <summary>An RMSNorm with gain.</summary>
    public NormWeights RmsNorm(string name, int d) => new(Read(name + ".weight", d), []);
}

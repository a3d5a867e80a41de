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

    /// <summary>The shape of a tensor.</summary>
    public int[] ShapeOf(string name) => source.ShapeOf(prefix + name);

    /// <summary>A tensor of the expected shape.</summary>
    public float[] Read(string name, params int[] shape) => source.Read(prefix + name, shape);

    /// <summary>A torch Linear: weight [outputs, inputs], bias when <paramref name="bias"/>.</summary>
    public Linear Linear(string name, int outputs, int inputs, bool bias) => Runtime.Linear.FromOutputsByInputs(
        Read(name + ".weight", outputs, inputs), outputs, inputs, bias ? Read(name + ".bias", outputs) : null);

    /// <summary>A torch Linear whose bias is read where the checkpoint has one.</summary>
    public Linear Linear(string name, int outputs, int inputs) => Linear(name, outputs, inputs, Has(name + ".bias"));

    /// <summary>
    /// Queries, keys and values in one torch Linear with rows [group, (queries of the group, key, value), d_head]; a group
    /// is what shares a key-value head. The bias is read where the checkpoint has one.
    /// </summary>
    public (Linear Query, Linear Key, Linear Value) FusedByGroup(string name, ModelConfig config)
    {
        int d = config.DModel, head = config.DHead, groups = config.NKeyValueHeads, queries = config.NHeads / groups;
        int fused = groups * (queries + 2) * head;
        float[] weight = Read(name + ".weight", fused, d);
        float[]? bias = Has(name + ".bias") ? Read(name + ".bias", fused) : null;
        return (Part(0, queries), Part(queries, 1), Part(queries + 1, 1));

        Linear Part(int first, int count)
        {
            int size = count * head;
            var rows = new float[groups * size * d];
            float[]? partBias = bias is null ? null : new float[groups * size];
            for (int g = 0; g < groups; g++)
            {
                int from = ((g * (queries + 2)) + first) * head;
                weight.AsSpan(from * d, size * d).CopyTo(rows.AsSpan(g * size * d));
                bias?.AsSpan(from, size).CopyTo(partBias.AsSpan(g * size));
            }

            return Runtime.Linear.FromOutputsByInputs(rows, groups * size, d, partBias);
        }
    }

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

    /// <summary>
    /// Attention whose q, k and v are one matrix: rows come as [key-value head, (its queries, k, v), d_head]. With a key for
    /// each head that is (q, k, v) head by head, with one key for all of them all queries, then k, then v.
    /// </summary>
    /// <param name="config">Sizes.</param>
    /// <param name="fused">Name of the matrix.</param>
    /// <param name="output">Name of the output map.</param>
    public AttentionWeights GroupedAttention(ModelConfig config, string fused, string output)
    {
        int d = config.DModel, head = config.DHead, keys = config.NKeyValueHeads, each = config.NHeads / keys;
        int rows = keys * (each + 2) * head;
        float[] weight = Read(fused + ".weight", rows, d);
        float[]? bias = Has(fused + ".bias") ? Read(fused + ".bias", rows) : null;
        return new AttentionWeights(
            Part(0, each), Part(each, 1), Part(each + 1, 1), Linear(output, d, config.NHeads * head, Has(output + ".bias")));

        Linear Part(int first, int count)
        {
            int block = count * head;
            var part = new float[keys * block * d];
            float[]? partBias = bias is null ? null : new float[keys * block];
            for (int group = 0; group < keys; group++)
            {
                int from = ((group * (each + 2)) + first) * head;
                weight.AsSpan(from * d, block * d).CopyTo(part.AsSpan(group * block * d));
                bias?.AsSpan(from, block).CopyTo(partBias.AsSpan(group * block));
            }

            return Runtime.Linear.FromOutputsByInputs(part, keys * block, d, partBias);
        }
    }
}

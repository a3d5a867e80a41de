using Interp.Runtime.Weights;

namespace Interp.Onnx;

/// <summary>
/// The weights of a graph under the names and in the orientation of a family's Hugging Face checkpoints. Nothing is converted
/// until a tensor is asked for.
/// </summary>
internal sealed class OnnxWeights : WeightSource
{
    private readonly OnnxFile _file;
    private readonly HashSet<OnnxTensor> _stored = [];
    private readonly OrderedDictionary<string, (int[] Shape, Func<float[]> Read)> _tensors = new(StringComparer.Ordinal);

    /// <summary>Gathers the tensors of modules.</summary>
    /// <param name="file">The file that they come from.</param>
    public OnnxWeights(OnnxFile file) => _file = file;

    /// <inheritdoc/>
    public override string Description => _file.Path;

    /// <inheritdoc/>
    public override string Sha256 => _file.Sha256;

    /// <inheritdoc/>
    public override IEnumerable<string> Names => _tensors.Keys;

    /// <summary>The types in which the graph stores the weights; one that several modules share counts once.</summary>
    public override IReadOnlyList<StoredType> Stored => StoredType.Sum(_stored.Select(t => (t.TypeName, t.Bytes)));

    /// <summary>Remembers which constants of the graph the weights are.</summary>
    /// <param name="site">A site that is used.</param>
    public void Use(Site site) => _stored.UnionWith(site.Constants.Select(c => c.Tensor));

    /// <summary>Adds an embedding.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="site">The table.</param>
    /// <param name="unused">Rows before those of the graph, which a checkpoint has and no position uses.</param>
    public void AddEmbedding(string name, EmbeddingSite site, int unused = 0)
    {
        ConstantReference table = site.Table;
        int start = unused * table.Columns;
        Add(name, [table.Rows + unused, table.Columns], () => unused == 0
            ? table.Matrix(0, table.Columns, columnsFirst: false)
            : [.. new float[start], .. table.Matrix(0, table.Columns, columnsFirst: false)]);
    }

    /// <summary>Adds a norm; what an optimizer left out was 1 or 0.</summary>
    public void AddNorm(string gainName, string biasName, NormSite site, int width, bool lessOne)
    {
        int length = (int)((site.Gain ?? site.Bias)?.Tensor.Count ?? width);
        Add(gainName, [length], () =>
        {
            // A gain of 1 + w, written out, gives w back exactly.
            ConstantReference? gain = lessOne && site.Gain is { } g ? g with { Offset = g.Offset - 1 } : site.Gain;
            return gain?.Vector(0, length) ?? Filled(length, lessOne ? 0 : 1);
        });
        if (!site.Rms)
        {
            Add(biasName, [length], () => site.Bias?.Vector(0, length) ?? Filled(length, 0));
        }
    }

    /// <summary>Adds the gains of heads, each under its number.</summary>
    /// <param name="path">The name that they share.</param>
    /// <param name="site">The norm, with one gain for all heads.</param>
    /// <param name="head">Dimension of a head.</param>
    public void AddNormsOfHeads(string path, NormSite site, int head)
    {
        for (int h = 0; site.Gain is { } gain && h < gain.Tensor.Count / head; h++)
        {
            int start = h * head;
            Add($"{path}.{h}.weight", [head], () => gain.Vector(start, head));
        }
    }

    /// <summary>Adds a linear map that is put together from columns of one map or of several.</summary>
    public void AddLinear(string weightName, string biasName, IReadOnlyList<Part> parts, bool inputsFirst, bool biased)
    {
        Part[] pieces = [.. parts.Select(p => p.Count == 0 ? p with { Count = ((LinearSite)p.Site).Outputs } : p)];
        int inputs = ((LinearSite)pieces[0].Site).Width, outputs = pieces.Sum(p => p.Count);
        Add(weightName, inputsFirst ? [inputs, outputs] : [outputs, inputs], () => pieces.Length == 1
            ? Weight(pieces[0], columnsFirst: !inputsFirst)
            : Joined(pieces, inputs, outputs, inputsFirst));
        if (biased || pieces.Any(p => ((LinearSite)p.Site).Bias is not null))
        {
            Add(biasName, [outputs], () => [.. pieces.SelectMany(Bias)]);
        }
    }

    private void Add(string name, int[] shape, Func<float[]> read) => _tensors[name] = (shape, read);

    private protected override bool TryFind(string name, out WeightInfo info)
    {
        bool found = _tensors.TryGetValue(name, out (int[] Shape, Func<float[]> Read) tensor);
        info = found
            ? new WeightInfo(
                [.. tensor.Shape], SafetensorsType.F32, tensor.Shape.Aggregate(1L, (product, axis) => product * axis), _file.Path)
            : default;
        return found;
    }

    private protected override void ReadFloats(string name, Span<float> destination) => _tensors[name].Read().CopyTo(destination);

    private static float[] Weight(Part part, bool columnsFirst) =>
        ((LinearSite)part.Site).Weight.Matrix(part.Start, part.Count, columnsFirst);

    private static float[] Joined(Part[] pieces, int inputs, int outputs, bool inputsFirst)
    {
        float[] rows = [.. pieces.SelectMany(p => Weight(p, columnsFirst: true))];
        if (!inputsFirst)
        {
            return rows;
        }

        var columns = new float[rows.Length];
        for (int i = 0; i < inputs; i++)
        {
            for (int o = 0; o < outputs; o++)
            {
                columns[(i * outputs) + o] = rows[(o * inputs) + i];
            }
        }

        return columns;
    }

    private static float[] Bias(Part part) => ((LinearSite)part.Site).Bias is { } bias
        ? bias.Values.Vector(bias.Start + part.Start, part.Count)
        : new float[part.Count];

    private static float[] Filled(int length, float value)
    {
        var values = new float[length];
        Array.Fill(values, value);
        return values;
    }
}

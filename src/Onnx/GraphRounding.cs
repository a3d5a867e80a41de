using Interp.Runtime.Kernels;
using DataType = Interp.Onnx.Format.TensorProto.Types.DataType;

namespace Interp.Onnx;

/// <summary>
/// Which weights a graph keeps in float16 or bfloat16: a model's weights can be rounded as they are there, and others left alone. A
/// model from float32 weights and its graph in float16 then have the same weights.
/// </summary>
public sealed class GraphRounding : IDisposable
{
    private readonly OnnxModel _graph;
    private readonly Rounder _rounder;

    private GraphRounding(OnnxModel graph)
    {
        _graph = graph;
        _rounder = new Rounder(graph.Structure, HalfFormat(graph));
    }

    /// <summary>Reads a graph.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidInputException">The file cannot be read, or its graph is no transformer.</exception>
    public static GraphRounding Open(string path) => new(OnnxModel.Open(path));

    /// <summary>The model with its weights rounded.</summary>
    /// <param name="model">The model; it is not changed.</param>
    public TransformerModel Apply(TransformerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.WithWeights(model.Config, _rounder.All(model.Weights));
    }

    /// <summary>
    /// The name of a constant of the graph that is rounded and neither a weight that was recognised nor numbers of the model, such
    /// as a table of cosines; null when there is none, and rounding makes no difference between graph and rounded model.
    /// </summary>
    /// <param name="config">The model's configuration.</param>
    public string? OtherConstant(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        OnnxGraph all = _graph.Stream.Graph;
        HashSet<OnnxTensor> weights = [.. _graph.Structure.Roles.Values.SelectMany(p => p.Site.Constants).Select(c => c.Tensor)];
        return all.ConstantNames.Select(name => all.Constant(name)!).FirstOrDefault(t =>
            t.Format != WeightFormat.Float32 && !weights.Contains(t)
            && new ModelNumbers(config, t.Format).Exact(t.Floats()) is null)?.Name;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _graph.Dispose();

    private static WeightFormat HalfFormat(OnnxModel graph)
    {
        IEnumerable<int> types = graph.Stream.Graph.File.Model.Graph.Output.Select(o => o.Type?.TensorType?.ElemType ?? 0);
        WeightFormat stored = graph.Stream.Sites.SelectMany(s => s.Constants).Select(c => c.Tensor.Format)
            .FirstOrDefault(f => f != WeightFormat.Float32);
        return stored != WeightFormat.Float32 ? stored
            : types.Contains((int)DataType.Bfloat16) ? WeightFormat.BFloat16
            : types.Contains((int)DataType.Float16) ? WeightFormat.Float16
            : WeightFormat.Float32;
    }

    private static void Round(Span<float> values, ConstantReference by, WeightFormat format)
    {
        for (int i = 0; i < values.Length; i++)
        {
            // What is stored is behind the factor and the offset that the graph applies, as the 1 of Gemma's gains.
            float stored = (values[i] - by.Offset) / by.Scale;
            float rounded = HalfFormats.Round(stored, format);
            values[i] = float.IsFinite(rounded) ? (rounded * by.Scale) + by.Offset : values[i];
        }
    }

    private sealed class Rounder(BlockStructure structure, WeightFormat half)
    {

        public ModelWeights All(ModelWeights weights) => weights with
        {
            TokenEmbedding = Table(weights.TokenEmbedding),
            PositionEmbedding = Vector(weights.PositionEmbedding, Weight(Role.PositionEmbedding)),
            TokenTypeEmbedding = Vector(weights.TokenTypeEmbedding, Weight(Role.TokenTypeEmbedding)),
            EmbedNorm = Norm(weights.EmbedNorm, Role.EmbedNorm),
            Blocks = [.. weights.Blocks.Select(Block)],
            FinalNorm = Norm(weights.FinalNorm, Role.FinalNorm),
            MlmHead = weights.MlmHead is { } head
                ? new MlmHeadWeights(Map(head.Dense, Role.HeadDense), Norm(head.Norm, Role.HeadNorm)!)
                : null,
            Unembed = structure.Headless ? null : Map(weights.Unembed, Role.Unembed),
        };

        private BlockWeights Block(BlockWeights block, int layer)
        {
            AttentionWeights attention = block.Attention;
            return block with
            {
                Norm1 = Norm(block.Norm1, Role.Norm1, layer),
                Attention = attention with
                {
                    Query = Map(attention.Query, Role.Query, layer, Role.QueryKeyValue),
                    Key = Map(attention.Key, Role.Key, layer, Role.QueryKeyValue),
                    Value = Map(attention.Value, Role.Value, layer, Role.QueryKeyValue),
                    Output = Map(attention.Output, Role.AttentionOutput, layer),
                },
                Norm1Post = Norm(block.Norm1Post, Role.AttentionWriteNorm, layer),
                Norm2 = Norm(block.Norm2, Role.Norm2, layer),
                FeedForward = block.FeedForward is { } ffn
                    ? ffn with
                    {
                        In = Map(ffn.In, Role.FeedForwardIn, layer),
                        Linear = ffn.Linear is { } linear ? Map(linear, Role.FeedForwardLinear, layer) : null,
                        Out = Map(ffn.Out, Role.FeedForwardOut, layer),
                    }
                    : null,
                Norm2Post = Norm(block.Norm2Post, Role.FeedForwardWriteNorm, layer),
            };
        }

        private ConstantReference? Weight(Role role, int layer = 0) => structure.Find(role, layer)?.Site.Constants.FirstOrDefault();

        private EmbeddingTable Table(EmbeddingTable table) =>
            Weight(Role.TokenEmbedding) is { } by && Format(by) != WeightFormat.Float32 && by.Tensor.Shape[^1] == table.Width
                ? new EmbeddingTable(Vector(table.ToArray(), by), table.Width)
                : table;

        private NormWeights? Norm(NormWeights? norm, Role role, int layer = 0) =>
            norm is not null && structure.Find(role, layer) is { Site: NormSite site }
                ? new NormWeights(Vector(norm.Gain, site.Gain), Vector(norm.Bias, site.Bias))
                : norm;

        private Linear Map(Linear map, Role role, int layer = 0, Role? whole = null)
        {
            Part? part = structure.Find(role, layer) ?? (whole is { } other ? structure.Find(other, layer) : null);
            if (part is not { Site: LinearSite site } || site.Width != map.Inputs)
            {
                return map;
            }

            float[] bias = Vector(map.Bias.ToArray(), site.Bias?.Values);
            bool same = Format(site.Weight) == WeightFormat.Float32
                || (map.Weight.Format == site.Weight.Tensor.Format && site.Weight is { Scale: 1, Offset: 0 });
            if (same)
            {
                return new Linear(map.Weight, bias);
            }

            var values = new float[(long)map.Inputs * map.Outputs];
            for (int i = 0; i < map.Inputs; i++)
            {
                map.CopyInput(i, values.AsSpan(i * map.Outputs, map.Outputs));
            }

            Round(values, site.Weight, Format(site.Weight));
            return Linear.FromInputsByOutputs(values, map.Inputs, map.Outputs, bias);
        }

        private float[] Vector(float[] values, ConstantReference? by)
        {
            if (by is null || Format(by) == WeightFormat.Float32)
            {
                return values;
            }

            float[] rounded = [.. values];
            Round(rounded, by, Format(by));
            return rounded;
        }

        // An optimizer that computes in float32 leaves constants of 2 bytes as float32 constants of the same values.
        private WeightFormat Format(ConstantReference constant)
        {
            WeightFormat stored = constant.Tensor.Format;
            if (stored != WeightFormat.Float32 || half == WeightFormat.Float32)
            {
                return stored;
            }

            float[] values = constant.Tensor.Floats(), rounded = [.. values];
            Round(rounded, constant with { Scale = 1, Offset = 0 }, half);
            return values.AsSpan().SequenceEqual(rounded) ? half : WeightFormat.Float32;
        }
    }
}

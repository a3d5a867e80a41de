using Interp.Runtime.Weights;

namespace Interp.Onnx;

/// <summary>What a graph says beside its weights must be what the family computes.</summary>
internal static class GraphCheck
{
    // Half floats keep an epsilon to 3 digits, and below 6e-5 to steps of 6e-8.
    private const float EpsilonTolerance = 0.01f;
    private const float SmallestHalf = 6e-8f;

    /// <summary>Refuses constants that act on the stream and belong to no part that was recognised.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="config">The configuration: a choice of experts is compared with their numbers.</param>
    public static void ConstantsAreKnown(Stream stream, ModelConfig config)
    {
        foreach (OnnxNode node in stream.Nodes.Where(n => !stream.IsClaimed(n)
            && n.Op is not ("RotaryEmbedding" or "GroupQueryAttention") && !(config.Experts > 0 && n.Op == "Equal")))
        {
            foreach (string input in node.Inputs.Where(i => i.Length > 0 && !stream.Has(i)))
            {
                if (ConstantReference.Find(stream.Graph, input) is { Tensor.Count: > 1 } constant)
                {
                    throw new InvalidInputException($"{stream.Graph.File.Path}: {node.Label} applies the constant "
                        + $"{OneLine.Quote(constant.Tensor.Name)} {OneLine.Shape(constant.Tensor.Shape)} to the stream, "
                        + "which no part of the model that was recognised does");
                }
            }
        }
    }

    /// <summary>Refuses a configuration whose norms have another epsilon than the graph's.</summary>
    public static void EpsilonAgrees(Stream stream, ModelConfig config)
    {
        foreach (NormSite norm in stream.Of<NormSite>())
        {
            if (!(Math.Abs(norm.Epsilon - config.NormEpsilon) <= SmallestHalf + (EpsilonTolerance * config.NormEpsilon)))
            {
                throw new InvalidInputException($"{stream.Graph.File.Path}: {norm.Node.Label} has the epsilon {norm.Epsilon}, "
                    + $"the configuration {config.NormEpsilon}; expected the same");
            }
        }
    }

    /// <summary>Refuses a graph whose unembedding is not the token embedding when the configuration says so.</summary>
    public static void TiedWeightsAgree(Stream stream, BlockStructure structure, ModelConfig config)
    {
        if (!config.TiedUnembedding || structure.Find(Role.Unembed) is not { Site: LinearSite unembed }
            || structure.Find(Role.TokenEmbedding) is not { Site: EmbeddingSite embedding })
        {
            return;
        }

        if (!AreTied(unembed, embedding))
        {
            throw new InvalidInputException($"{stream.Graph.File.Path}: {unembed.Node.Label} is not the token embedding, but the "
                + "configuration says tie_word_embeddings; expected false there");
        }
    }

    /// <summary>Whether the unembedding is the token embedding, stored once or twice.</summary>
    public static bool AreTied(LinearSite unembed, EmbeddingSite embedding)
    {
        if (unembed.Outputs != embedding.Table.Rows || unembed.Width != embedding.Table.Columns)
        {
            return false;
        }

        float[] table = embedding.Table.Matrix(0, embedding.Table.Columns, columnsFirst: false);
        float[] map = unembed.Weight.Matrix(0, unembed.Outputs, columnsFirst: true);
        return table.AsSpan().SequenceEqual(map);
    }
}

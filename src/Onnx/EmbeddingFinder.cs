namespace Interp.Onnx;

/// <summary>Finds the tables that tokens, positions and token types pick rows of.</summary>
internal static class EmbeddingFinder
{
    private const string FusedOp = "EmbedLayerNormalization";
    private const int MostTokenTypes = 16;

    /// <summary>The nodes that pick rows of an embedding.</summary>
    /// <param name="graph">The graph.</param>
    public static IReadOnlySet<OnnxNode> Nodes(OnnxGraph graph) =>
        graph.Nodes.Where(n => n.Op == FusedOp || IsEmbedding(graph, n)).ToHashSet();

    /// <summary>Adds the embeddings to the stream.</summary>
    public static void Find(Stream stream)
    {
        OnnxGraph graph = stream.Graph;
        foreach (OnnxNode node in stream.Nodes)
        {
            if (node.Op == FusedOp)
            {
                AddFused(stream, node);
            }
            else if (node.Op == "Gather" && !stream.Has(node.Input(0)) && IsEmbedding(graph, node))
            {
                stream.Add(new EmbeddingSite(node, node.Input(1), node.Output, ConstantReference.Find(graph, node.Input(0))!));
            }
        }

        foreach (EmbeddingSite site in stream.Of<EmbeddingSite>().Where(s => s.Node.Op == "Gather"))
        {
            site.Kind = KindByName(site.Table.Names) ?? Kind(graph, site.Indices);
        }

        TellApart(stream);
    }

    /// <summary>What the name of a table says: the names that Hugging Face's and older code give them.</summary>
    private static EmbeddingKind? KindByName(IReadOnlyList<string> names)
    {
        bool Has(params string[] words) => names.Any(n => words.Any(w => n.Contains(w, StringComparison.OrdinalIgnoreCase)));
        return Has("token_type", "segment") ? EmbeddingKind.TokenType
            : Has("position", "wpe.", "pos_emb") ? EmbeddingKind.Position
            : Has("word_emb", "wte.", "embed_tokens", "embed_in") ? EmbeddingKind.Token
            : null;
    }

    // Without names: the vocabulary is what the output is as wide as, or the longest table; token types are few.
    private static void TellApart(Stream stream)
    {
        EmbeddingSite[] tokens = [.. stream.Of<EmbeddingSite>().Where(s => s.Kind == EmbeddingKind.Token)];
        if (tokens.Select(s => s.Indices).Distinct(StringComparer.Ordinal).Count() < 2)
        {
            return;
        }

        long? width = stream.Graph.File.Model.Graph.Output.FirstOrDefault(o => o.Name == stream.Logits)
            ?.Type?.TensorType?.Shape?.Dim.LastOrDefault()?.DimValue;
        EmbeddingSite first = tokens.FirstOrDefault(s => s.Table.Rows == width) ?? tokens.MaxBy(s => s.Table.Rows)!;
        foreach (EmbeddingSite site in tokens.Where(s => s.Indices != first.Indices))
        {
            site.Kind = site.Table.Rows <= MostTokenTypes ? EmbeddingKind.TokenType : EmbeddingKind.Position;
        }
    }

    // ONNX Runtime: ids, segment ids, three tables, gain, bias; the output is normalised already.
    private static void AddFused(Stream stream, OnnxNode node)
    {
        ReadOnlySpan<(int Index, int Table, EmbeddingKind Kind)> tables =
            [(0, 2, EmbeddingKind.Token), (0, 3, EmbeddingKind.Position), (1, 4, EmbeddingKind.TokenType)];
        foreach ((int index, int table, EmbeddingKind kind) in tables)
        {
            if (ConstantReference.Find(stream.Graph, node.Input(table)) is { IsMatrix: true } matrix)
            {
                stream.Add(new EmbeddingSite(node, node.Input(index), $"{node.Output}#{kind}", matrix) { Kind = kind });
            }
        }

        stream.Add(new NormSite(node, [], node.Output)
        {
            Gain = ConstantReference.Find(stream.Graph, node.Input(5)),
            Bias = ConstantReference.Find(stream.Graph, node.Input(6)),
            Epsilon = node.Float("epsilon", 1e-12f),
        });
    }

    private static bool IsEmbedding(OnnxGraph graph, OnnxNode node)
    {
        if (node.Op != "Gather" || node.Int("axis", 0) != 0
            || ConstantReference.Find(graph, node.Input(0)) is not { IsMatrix: true, Transposed: false })
        {
            return false;
        }

        // A table of cosines is read the same way; it differs in that all it does is to be multiplied with other values.
        var values = new Stack<string>([node.Output]);
        for (int steps = 0; steps < 32 && values.TryPop(out string? value); steps++)
        {
            foreach (OnnxNode reader in graph.Consumers(value))
            {
                if (reader.Op is "Unsqueeze" or "Squeeze" or "Cast" or "Identity" or "Reshape" or "Transpose")
                {
                    values.Push(reader.Output);
                }
                else if (reader.Op is not ("Shape" or "Mul")
                    || (reader is { Op: "Mul", Inputs.Count: 2 } && reader.Inputs.Any(i => i != value
                    && ConstantReference.Find(graph, i) is not null)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Token ids come straight from an input; token types too, or are all 0; positions are counted.</summary>
    private static EmbeddingKind Kind(OnnxGraph graph, string indices)
    {
        string value = indices;
        for (int steps = 0; steps < 64; steps++)
        {
            if (graph.Constant(value) is { } constant)
            {
                return constant.Integers() is { } ids && ids.All(i => i == 0) ? EmbeddingKind.TokenType : EmbeddingKind.Position;
            }

            if (graph.Producer(value) is not { } node)
            {
                return value.Contains("type", StringComparison.OrdinalIgnoreCase)
                    || value.Contains("segment", StringComparison.OrdinalIgnoreCase) ? EmbeddingKind.TokenType
                    : value.Contains("position", StringComparison.OrdinalIgnoreCase) ? EmbeddingKind.Position
                    : EmbeddingKind.Token;
            }

            switch (node.Op)
            {
                case "Reshape" or "Cast" or "Identity" or "Unsqueeze" or "Squeeze" or "Flatten" or "Slice" or "Expand" or "Gather":
                    value = node.Input(0);
                    break;
                case "ConstantOfShape":
                    long[]? fill = node.Attribute("value")?.T is { } t
                        ? OnnxTensor.Create(graph.File, t, node.Name).Integers() : null;
                    return fill is null or [0] ? EmbeddingKind.TokenType : EmbeddingKind.Position;
                default:
                    return EmbeddingKind.Position;
            }
        }

        return EmbeddingKind.Position;
    }
}

namespace Interp.Onnx;

/// <summary>Finds linear maps: products with a constant matrix, their biases, and the columns that they are split into.</summary>
internal static class LinearFinder
{
    /// <summary>Adds the linear maps of a stream.</summary>
    public static void Find(Stream stream)
    {
        foreach (OnnxNode node in stream.Nodes.Where(n => n.Op is "MatMul" or "Gemm" or "FusedMatMul" or "FusedGemm"))
        {
            LinearSite? site = node.Op is "Gemm" or "FusedGemm" ? Gemm(stream.Graph, node) : Product(stream.Graph, node);
            if (site is null)
            {
                continue;
            }

            LinearSite[] sites = site.Bias is null ? Biased(stream, site) : [site];
            foreach (LinearSite map in sites)
            {
                stream.Add(map);
                if (sites.Length == 1 && map.Bias is null)
                {
                    FindBias(stream, map);
                }

                MarkColumns(stream, map);
            }
        }
    }

    private static LinearSite? Product(OnnxGraph graph, OnnxNode node)
    {
        if (node.Int("transA", 0) != 0 || ConstantReference.Find(graph, node.Input(1)) is not { IsMatrix: true } weight)
        {
            return null;
        }

        // The factor of a fused product was an operator beside it, such as the scale of scores or a soft-cap, which the
        // configuration knows and other graphs write out.
        float alpha = node.Op == "FusedMatMul" ? 1 : node.Float("alpha", 1);
        return new LinearSite(node, node.Input(0), node.Output, weight with
        {
            Transposed = weight.Transposed ^ (node.Int("transB", 0) != 0),
            Scale = weight.Scale * alpha,
            Offset = weight.Offset * alpha,
        });
    }

    private static LinearSite? Gemm(OnnxGraph graph, OnnxNode node)
    {
        LinearSite? site = Product(graph, node);
        if (site is null)
        {
            return null;
        }

        site.GivesMap = node.Op == "Gemm";
        if (node.Input(2).Length == 0)
        {
            return site;
        }

        if (ConstantReference.Find(graph, node.Input(2)) is not { IsVector: true } bias)
        {
            return null;
        }

        float beta = node.Float("beta", 1);
        site.Bias = new BiasReference(bias with { Scale = bias.Scale * beta, Offset = bias.Offset * beta });
        return site;
    }

    /// <summary>The maps of a product: where maps with equal weights share it, each with its own bias.</summary>
    private static LinearSite[] Biased(Stream stream, LinearSite site)
    {
        string value = stream.Forward(site.Output);
        OnnxNode[] sums = [.. stream.Readers(value).Where(n => n.Op == "Add" && Bias(stream, n, value, site) is not null)];
        return sums.Length < 2
            ? [site]
            : [.. sums.Select(n =>
            {
                stream.Claim(n);
                return new LinearSite(site.Node, site.Inputs[0], n.Output, site.Weight) { Bias = Bias(stream, n, value, site) };
            })];
    }

    private static BiasReference? Bias(Stream stream, OnnxNode node, string value, LinearSite site) =>
        Other(node, value) is { } other && ConstantReference.Find(stream.Graph, other) is { IsVector: true } bias && bias.Tensor.Count == site.Outputs
            ? new BiasReference(bias)
            : null;

    // A Gemm works on a matrix, so a Reshape back to [batch, position, width] may follow before the bias.
    private static void FindBias(Stream stream, LinearSite site)
    {
        string value = stream.Forward(site.Output);
        if (stream.Reader(value) is { Op: "Add" or "BiasGelu" or "FastGelu" } node && Bias(stream, node, value, site) is { } bias)
        {
            site.Bias = bias;
            site.GivesMap = node.Op == "Add";
            stream.Claim(node);
            if (node.Op == "Add")
            {
                stream.MoveEnd(site, node.Output);
            }
        }
    }

    private static string? Other(OnnxNode node, string value) => node.Inputs.Count < 2 ? null
        : node.Inputs[0] == value ? node.Inputs[1]
        : node.Inputs[0];

    private static void MarkColumns(Stream stream, LinearSite site)
    {
        string value = stream.Forward(site.Output);
        if (site.Node.Op is "Gemm" or "FusedGemm" && stream.Reader(value) is { Op: "Reshape" } reshape)
        {
            value = reshape.Output;
        }

        value = stream.Forward(value);
        foreach (OnnxNode node in stream.Readers(value))
        {
            int start = 0;
            if (node.Op == "Split" && Sizes(stream.Graph, node, site.Outputs) is { } sizes)
            {
                foreach ((string output, int size) in node.Outputs.Zip(sizes))
                {
                    stream.Mark(output, new Part(site, start, size));
                    start += size;
                }
            }
            else if (node.Op == "Slice" && Range(stream.Graph, node, site.Outputs) is var (from, count))
            {
                stream.Mark(node.Output, new Part(site, from, count));
            }
        }
    }

    private static int[]? Sizes(OnnxGraph graph, OnnxNode node, int width)
    {
        // Only a split of the last axis has sizes that add up to the width; the head axis comes later.
        long[] sizes = node.Attribute("split") is { } written ? [.. written.Ints]
            : node.Input(1).Length > 0 ? graph.Constant(node.Input(1))?.Integers() ?? []
            : [.. Enumerable.Repeat((long)width / node.Outputs.Count, node.Outputs.Count)];
        return sizes.Length == node.Outputs.Count && sizes.All(s => s > 0 && s <= width) && sizes.Sum() == width
            && node.Int("axis", 0) is -1 or 2 ? [.. sizes.Select(s => (int)s)] : null;
    }

    private static (int Start, int Count)? Range(OnnxGraph graph, OnnxNode node, int width)
    {
        if (One(1) is not { } start || One(2) is not { } end || (One(3) ?? 0) is not (-1 or 2) || (One(4) ?? 1) != 1)
        {
            return null;
        }

        start += start < 0 ? width : 0;
        end = Math.Min(end + (end < 0 ? width : 0), width);
        return start >= 0 && start < end ? ((int)start, (int)(end - start)) : null;

        long? One(int input) => graph.Constant(node.Input(input))?.Integers() is [long value] ? value : null;
    }
}

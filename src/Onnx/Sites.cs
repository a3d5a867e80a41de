namespace Interp.Onnx;

/// <summary>A part of the graph that holds weights: what the rules give names to.</summary>
/// <param name="node">The node that the site is known by.</param>
/// <param name="inputs">The values that it reads of the stream.</param>
/// <param name="output">The value that it gives.</param>
internal abstract class Site(OnnxNode node, IReadOnlyList<string> inputs, string output)
{
    /// <summary>The node that the site is known by, in messages and for its path.</summary>
    public OnnxNode Node { get; } = node;

    /// <summary>The values that it reads of the stream.</summary>
    public IReadOnlyList<string> Inputs { get; } = inputs;

    /// <summary>The value that it gives.</summary>
    public string Output { get; set; } = output;

    /// <summary>Its constants, the weight first.</summary>
    public abstract IEnumerable<ConstantReference> Constants { get; }

    /// <summary>Whether another site reads the same weights.</summary>
    public bool SameWeights(Site other)
    {
        ConstantReference[] own = [.. Constants], others = [.. other.Constants];
        return own.Length == others.Length && own.Zip(others).All(pair => pair.First.SameAs(pair.Second));
    }
}

/// <summary>Part of a vector that is a bias.</summary>
/// <param name="Values">The vector.</param>
/// <param name="Start">Where the bias begins in it.</param>
internal sealed record BiasReference(ConstantReference Values, int Start = 0);

/// <summary>A linear map, y = scale x W + scale b.</summary>
internal sealed class LinearSite(OnnxNode node, string input, string output, ConstantReference weight)
    : Site(node, [input], output)
{
    /// <summary>W, [inputs, outputs] as the node sees it.</summary>
    public ConstantReference Weight { get; } = weight;

    /// <summary>b, or null.</summary>
    public BiasReference? Bias { get; set; }

    /// <summary>Whether the value it gives is that of the map: an operator may add the bias later, or activate at once.</summary>
    public bool GivesMap { get; set; } = true;

    /// <summary>A factor that the node applies besides, which an optimizer moved into it: it belongs to what stands beside the map.</summary>
    public float Factor => Node.Op == "FusedMatMul" ? Node.Float("alpha", 1) : 1;

    /// <summary>Length of an input row.</summary>
    public int Width => Weight.Rows;

    /// <summary>Length of an output row.</summary>
    public int Outputs => Weight.Columns;

    /// <inheritdoc/>
    public override IEnumerable<ConstantReference> Constants => Bias is null ? [Weight] : [Weight, Bias.Values];
}

/// <summary>A norm of the last axis.</summary>
internal sealed class NormSite(OnnxNode node, IReadOnlyList<string> inputs, string output) : Site(node, inputs, output)
{
    /// <summary>Gain, or null for 1.</summary>
    public ConstantReference? Gain { get; init; }

    /// <summary>Bias, or null for 0.</summary>
    public ConstantReference? Bias { get; init; }

    /// <summary>Epsilon inside the square root.</summary>
    public float Epsilon { get; init; }

    /// <summary>Whether no mean is taken off.</summary>
    public bool Rms { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<ConstantReference> Constants => new[] { Gain, Bias }.OfType<ConstantReference>();
}

/// <summary>What the rows of an embedding stand for.</summary>
internal enum EmbeddingKind
{
    /// <summary>Tokens.</summary>
    Token,

    /// <summary>Positions.</summary>
    Position,

    /// <summary>Token types.</summary>
    TokenType,
}

/// <summary>A table of which rows are picked.</summary>
internal sealed class EmbeddingSite(OnnxNode node, string indices, string output, ConstantReference table)
    : Site(node, [], output)
{
    /// <summary>The table, [entries, width].</summary>
    public ConstantReference Table { get; } = table;

    /// <summary>The value that says which rows.</summary>
    public string Indices { get; } = indices;

    /// <summary>What is picked by.</summary>
    public EmbeddingKind Kind { get; set; }

    /// <inheritdoc/>
    public override IEnumerable<ConstantReference> Constants => [Table];
}

/// <summary>The core of an attention layer: softmax of q k, times v.</summary>
internal sealed class AttentionSite(OnnxNode node, string output) : Site(node, [], output)
{
    /// <summary>What the softmax is taken of; empty where one operator does all.</summary>
    public string Scores { get; init; } = "";

    /// <summary>The product of queries and keys; null where one operator does all.</summary>
    public OnnxNode? Product { get; init; }

    /// <summary>The value that is split into queries, as far as it could be followed.</summary>
    public string Query { get; init; } = "";

    /// <summary>The same for keys.</summary>
    public string Key { get; init; } = "";

    /// <summary>The same for values.</summary>
    public string Value { get; init; } = "";

    /// <inheritdoc/>
    public override IEnumerable<ConstantReference> Constants => [];
}

/// <summary>Columns of what a site gives; all of them unless it is a linear map that is split.</summary>
/// <param name="Site">The site.</param>
/// <param name="Start">First column.</param>
/// <param name="Count">Number of columns; 0 = all.</param>
internal readonly record struct Part(Site Site, int Start = 0, int Count = 0);

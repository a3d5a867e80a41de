using System.Globalization;
using System.Text.RegularExpressions;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>What a node of the computation graph is.</summary>
public enum PathNodeKind
{
    /// <summary>The stream entering the first block.</summary>
    Embed,

    /// <summary>An attention head.</summary>
    Head,

    /// <summary>The feedforward layer of a block.</summary>
    Mlp,

    /// <summary>The end of the stream, which the final norm and the unembedding read.</summary>
    Logits,
}

/// <summary>Which of its three inputs a head receives on.</summary>
public enum HeadInput
{
    /// <summary>None: what sends, an FFN, or the logits.</summary>
    None,

    /// <summary>The query.</summary>
    Q,

    /// <summary>The key; its heads are key-value heads.</summary>
    K,

    /// <summary>The value; its heads are key-value heads.</summary>
    V,
}

/// <summary>A node that sends along a path, or one input of a node that receives.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Layer">0-based layer; -1 outside the blocks.</param>
/// <param name="Head">0-based head, on K and V the key-value head; -1 where there is none.</param>
/// <param name="Input">The input that receives.</param>
public readonly partial record struct PathNode(PathNodeKind Kind, int Layer = -1, int Head = -1, HeadInput Input = HeadInput.None)
{
    /// <summary>The embedding, as a sender.</summary>
    public static PathNode Embed => new(PathNodeKind.Embed);

    /// <summary>The logits, as a receiver.</summary>
    public static PathNode Logits => new(PathNodeKind.Logits);

    /// <summary>Whether something can be received here.</summary>
    public bool Receives => Kind is PathNodeKind.Mlp or PathNodeKind.Logits || Input != HeadInput.None;

    /// <summary>Whether something can be sent from here.</summary>
    public bool Sends => Kind is PathNodeKind.Embed or PathNodeKind.Mlp || (Kind == PathNodeKind.Head && Input == HeadInput.None);

    /// <summary>A head as a sender.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="head">0-based head.</param>
    public static PathNode OfHead(int layer, int head) => new(PathNodeKind.Head, layer, head);

    /// <summary>The feedforward layer of a block.</summary>
    /// <param name="layer">0-based layer.</param>
    public static PathNode OfMlp(int layer) => new(PathNodeKind.Mlp, layer);

    /// <summary>Reads <c>embed</c>, <c>logits</c>, <c>9.6</c>, <c>L9H6</c>, <c>10.7.q</c>, <c>L10H7.k</c>, <c>m5</c> or <c>mlp5</c>.</summary>
    /// <param name="text">The name of a node.</param>
    /// <exception cref="InvalidInputException">It is none of these.</exception>
    public static PathNode Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        switch (text)
        {
            case "embed":
                return Embed;
            case "logits":
                return Logits;
        }

        if (Mlp().Match(text) is { Success: true } mlp
            && int.TryParse(mlp.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int layer))
        {
            return OfMlp(layer);
        }

        HeadInput input = text.Length > 2 && text[^2] == '.'
            ? text[^1] switch { 'q' => HeadInput.Q, 'k' => HeadInput.K, 'v' => HeadInput.V, _ => HeadInput.None }
            : HeadInput.None;
        try
        {
            HeadRef head = HeadRef.Parse(input == HeadInput.None ? text : text[..^2]);
            return new PathNode(PathNodeKind.Head, head.Layer, head.Head, input);
        }
        catch (InvalidInputException exception)
        {
            throw new InvalidInputException(
                $"node '{text}': expected embed, logits, a head such as 9.6, an input of a head such as 10.7.q, or an FFN such as m5",
                exception);
        }
    }

    /// <summary>Whether what this node sends can arrive at a receiver: it writes to the stream before the other reads.</summary>
    /// <param name="receiver">A node that receives.</param>
    /// <param name="plan">The model's blocks.</param>
    public bool Reaches(PathNode receiver, BlockPlan plan) => Kind == PathNodeKind.Embed || receiver.Kind == PathNodeKind.Logits
        || receiver.Layer > Layer
        || (receiver.Layer == Layer && Kind == PathNodeKind.Head && receiver.Kind == PathNodeKind.Mlp && plan.AttentionReachesFeedForward);

    /// <summary>Throws unless a model has the node.</summary>
    /// <param name="outline">The model.</param>
    /// <exception cref="InvalidInputException">It does not.</exception>
    public void Require(ModelOutline outline)
    {
        ArgumentNullException.ThrowIfNull(outline);
        if (Kind is PathNodeKind.Embed or PathNodeKind.Logits)
        {
            return;
        }

        if ((uint)Layer >= (uint)outline.NLayers)
        {
            throw new InvalidInputException(
                $"node {this}: layer {Layer} is out of range, the model has layers 0..{outline.NLayers - 1}");
        }

        bool shared = Input is HeadInput.K or HeadInput.V;
        int heads = shared ? outline.NKeyValueHeads : outline.NHeads;
        if (Kind == PathNodeKind.Head && (uint)Head >= (uint)heads)
        {
            throw new InvalidInputException(
                $"node {this}: head {Head} is out of range, expected {(shared ? "key-value heads" : "heads")} 0..{heads - 1}");
        }

        if (Kind == PathNodeKind.Mlp && outline.AttnOnly)
        {
            throw new InvalidInputException($"node {this}: the model has attention only");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        PathNodeKind.Embed => "embed",
        PathNodeKind.Logits => "logits",
        PathNodeKind.Mlp => string.Create(CultureInfo.InvariantCulture, $"m{Layer}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"L{Layer}H{Head}") + Input switch
        {
            HeadInput.Q => ".q",
            HeadInput.K => ".k",
            HeadInput.V => ".v",
            _ => "",
        },
    };

    [GeneratedRegex("^(?:mlp|m)([0-9]+)$")]
    private static partial Regex Mlp();
}

namespace Interp.Analysis;

/// <summary>What stays at its base value while a change travels from senders to receivers.</summary>
[Flags]
public enum PathFreeze
{
    /// <summary>Nothing: the change takes every way.</summary>
    None = 0,

    /// <summary>All heads that do not send; FFNs and norms pass the change on, as in the paper.</summary>
    Heads = 1,

    /// <summary>All FFNs that do not send.</summary>
    Mlps = 2,

    /// <summary>The scales of all norms of the stream.</summary>
    Norms = 4,

    /// <summary>Everything: the direct path, linear in what is sent in a pre-norm model.</summary>
    All = Heads | Mlps | Norms,
}

/// <summary>A set of senders and a set of receivers.</summary>
/// <param name="Senders">Embedding, heads and FFNs whose output is replaced.</param>
/// <param name="Receivers">Inputs of heads and FFNs, and the logits, that see the change.</param>
public sealed record PathQuery(IReadOnlyList<PathNode> Senders, IReadOnlyList<PathNode> Receivers)
{
    /// <summary>The senders by name.</summary>
    public string SenderNames => string.Join('+', Senders);

    /// <summary>The receivers by name.</summary>
    public string ReceiverNames => string.Join('+', Receivers);
}

/// <summary>What is patched along paths, and measured.</summary>
public sealed record PathOptions
{
    /// <summary>What stays frozen.</summary>
    public PathFreeze Freeze { get; init; } = PathFreeze.Heads;

    /// <summary>Noise (as in the paper): what senders compute in the corrupted run goes into the clean run. Denoise: the other way.</summary>
    public PatchDirection Direction { get; init; } = PatchDirection.Noise;

    /// <summary>Positions at which receivers see the change, negative from the end; empty = all.</summary>
    public IReadOnlyList<int> Positions { get; init; } = [];

    /// <summary>What is measured.</summary>
    public Metric Metric { get; init; } = Metric.LogitDiff;
}

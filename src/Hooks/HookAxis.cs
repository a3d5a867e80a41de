namespace Interp.Hooks;

/// <summary>The axes of an activation, without the batch axis.</summary>
public enum HookAxis
{
    /// <summary>Token position; in attention scores and patterns the destination (query) position.</summary>
    Pos,

    /// <summary>Source (key) position.</summary>
    SrcPos,

    /// <summary>Attention head.</summary>
    Head,

    /// <summary>Key-value head; fewer than heads in grouped-query attention.</summary>
    KeyValueHead,

    /// <summary>Dimension inside a head.</summary>
    DHead,

    /// <summary>Dimension of the residual stream.</summary>
    DModel,

    /// <summary>Neuron of the FFN.</summary>
    DMlp,

    /// <summary>Expert of a mixture of experts.</summary>
    Expert,

    /// <summary>Place of a chosen expert, in the router's order: greatest weight first.</summary>
    ExpertSlot,

    /// <summary>Vocabulary entry.</summary>
    DVocab,

    /// <summary>An axis of size 1.</summary>
    One,
}

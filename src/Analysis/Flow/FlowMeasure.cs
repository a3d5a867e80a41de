namespace Interp.Analysis;

/// <summary>How the flow from a source to a destination is measured within a layer's attention.</summary>
public enum FlowMeasure
{
    /// <summary>Attention weight; of heads together their mean.</summary>
    Attention,

    /// <summary>Norm of what is moved, |a v W_O| of a head or |sum_h a v W_O| of all together (Kobayashi et al. 2020).</summary>
    ValueNorm,

    /// <summary>
    /// As value-norm, with the residual path added to the own position and, in a post-norm block, through the norm (Kobayashi et al.
    /// 2021). By head, the residual path is a part of its own.
    /// </summary>
    BlockNorm,

    /// <summary>
    /// ALTI (Ferrando et al. 2022): max(0, |y| - |y - T|) over its sum, 1-norms, with y what the attention block gives, and T the part
    /// of it that came from a source, the residual path included. By head, parts are those of each head and source and the residual
    /// path, and the sum runs over all of them (Ferrando and Voita 2024).
    /// </summary>
    Alti,

    /// <summary>
    /// Norm of what came from a token of the input to a layer's output, through the whole stack below it (DecompX, Modarressi et al.
    /// 2023): norms, attention and the gates of FFNs are held as the run recorded them, so that parts of all tokens and of biases sum to
    /// the output. Sources are tokens of the input, as after a rollout.
    /// </summary>
    DecompX,
}

namespace Interp.Runtime;

/// <summary>Where norms and residual sums stand in a block.</summary>
public enum BlockStyle
{
    /// <summary>Norm before each part: <c>t3 = MHA(LN(x)) + x; h = FFN(LN(t3)) + t3</c>.</summary>
    PreNorm,

    /// <summary>Norm after each sum: <c>t3 = LN(x + MHA(x)); h = LN(t3 + FFN(t3))</c>.</summary>
    PostNorm,

    /// <summary>Attention and FFN side by side, each with its norm: <c>h = x + MHA(LN1(x)) + FFN(LN2(x))</c>.</summary>
    Parallel,

    /// <summary>Attention and FFN side by side on one norm: <c>t = LN(x); h = x + MHA(t) + FFN(t)</c>.</summary>
    ParallelSharedNorm,
}

/// <summary>The norms.</summary>
public enum NormKind
{
    /// <summary>(x - mean) / sqrt(var + eps), then gain and bias where they exist (Ba et al. 2016).</summary>
    LayerNorm,

    /// <summary>x / sqrt(mean(x²) + eps), then gain (Zhang and Sennrich 2019).</summary>
    Rms,

    /// <summary>No norm anywhere.</summary>
    None,
}

/// <summary>Where norms stand in the branches of a pre-norm or parallel block.</summary>
public enum BranchNorms
{
    /// <summary>Before attention and before the FFN.</summary>
    Before,

    /// <summary>Before them and between them and the sum: <c>x + LN1_post(MHA(LN1(x)))</c> (Gemma 2).</summary>
    BeforeAndAfter,

    /// <summary>Only between them and the sum: <c>x + LN1_post(MHA(x))</c> (OLMo 2).</summary>
    After,
}

/// <summary>Norms of queries and keys (Henry et al. 2020), before rotary; of the kind of the model's other norms.</summary>
public enum QkNorm
{
    /// <summary>None.</summary>
    None,

    /// <summary>Over each head's dimensions (Qwen 3, StableLM 2).</summary>
    PerHead,

    /// <summary>Over all heads' dimensions together (OLMo 2).</summary>
    WholeProjection,
}

/// <summary>How positions enter the model.</summary>
public enum PositionKind
{
    /// <summary>A learned vector per position, added to the stream.</summary>
    Learned,

    /// <summary>Queries and keys are rotated by position (Su et al. 2021).</summary>
    Rotary,

    /// <summary>Scores get a penalty linear in distance (Press et al. 2022).</summary>
    Alibi,

    /// <summary>A learned vector per position, added to query and key inputs only (Press et al. 2021).</summary>
    Shortformer,

    /// <summary>No positions.</summary>
    None,
}

namespace Interp.Runtime.Kernels;

/// <summary>The width of the vector unit that a kernel uses. The bits of the result are the same for each.</summary>
internal enum KernelTier
{
    /// <summary>One float at a time.</summary>
    Scalar,

    /// <summary>4 floats at a time.</summary>
    Vector128,

    /// <summary>8 floats at a time.</summary>
    Vector256,

    /// <summary>16 floats at a time.</summary>
    Vector512,
}

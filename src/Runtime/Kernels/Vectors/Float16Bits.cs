namespace Interp.Runtime.Kernels;

/// <summary>
/// What turns the bits of a finite binary16 number, sign-extended and shifted by 13 into the places of a float32, into its value:
/// the exponent is then off by 112, which a product puts right for normal and subnormal numbers alike.
/// </summary>
internal static class Float16Bits
{
    /// <summary>2^112: the difference of the exponents' offsets, 127 - 15.</summary>
    internal const float Rescale = 5.192296858534828e33f;

    /// <summary>The sign, and what was shifted; without the copies of the sign between them.</summary>
    internal const int SignAndNumber = unchecked((int)0x8FFFE000);
}

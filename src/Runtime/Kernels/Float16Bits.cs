namespace Interp.Runtime.Kernels;

/// <summary>What turns the bits of a binary16 number into those of a float32.</summary>
internal static class Float16Bits
{
    /// <summary>2^112: the difference of the exponents' offsets, 127 - 15.</summary>
    internal const float Rescale = 5.192296858534828e33f;

    /// <summary>65504; larger bits are infinity or NaN.</summary>
    internal const uint LargestFinite = 0x7BFF;
}

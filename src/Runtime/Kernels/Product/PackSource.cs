namespace Interp.Runtime.Kernels;

/// <summary>A matrix in memory that is to be packed. Strides are in numbers.</summary>
/// <param name="Address">The weight of input 0 and output 0.</param>
/// <param name="Format">What its numbers are.</param>
/// <param name="OutputStride">From an output to the next within a block; 1 where a row belongs to an input.</param>
/// <param name="InputStride">From an input to the next; 1 where a row belongs to an output.</param>
/// <param name="Block">Outputs that lie together.</param>
/// <param name="BlockStride">From one block of outputs to the next.</param>
internal readonly record struct PackSource(
    nint Address, WeightFormat Format, nint OutputStride, nint InputStride, int Block, nint BlockStride);

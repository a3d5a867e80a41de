using Interp.Runtime.Machine;

namespace Interp.Runtime.Kernels;

/// <summary>What <see cref="ProductKernel{T, TFormat, TRows, TVectors}"/> does with what the tile holds.</summary>
internal enum ChainEnds
{
    /// <summary>The chains start from +0; the tile receives them.</summary>
    Start,

    /// <summary>The chains go on from the tile, which receives them.</summary>
    Continue,

    /// <summary>The chains start from +0 and are then added to the tile, one after the other.</summary>
    StartAndAdd,
}

/// <summary>The chains of one register tile over some inputs; more than one for each of its numbers only where they are added up.</summary>
internal unsafe struct KernelWork
{
    /// <summary>Row r starts at <c>X + r * XStride</c>.</summary>
    internal float* X;

    /// <summary>Floats from row to row.</summary>
    internal nint XStride;

    /// <summary>The weights of the first input.</summary>
    internal byte* W;

    /// <summary>Bytes from input to input.</summary>
    internal nint WStride;

    /// <summary>How many inputs a chain has.</summary>
    internal nint Inputs;

    /// <summary>How many chains follow each other: the next one's inputs are those behind the last one's.</summary>
    internal nint Chains;

    /// <summary>How many panels follow each other, all for the same rows; of each the tile receives its columns, behind those of the last.</summary>
    internal nint Panels;

    /// <summary>Row r starts at <c>Tile + r * TileStride</c>.</summary>
    internal float* Tile;

    /// <summary>Floats from row to row.</summary>
    internal nint TileStride;

    /// <summary>Where the chains start and where they go.</summary>
    internal ChainEnds Start;

    /// <summary>What is asked for meanwhile.</summary>
    internal WantedMemory Wanted;
}

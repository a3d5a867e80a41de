using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Interp.Runtime.Kernels;

/// <summary>
/// Weights that are wanted next, asked for while others are multiplied. Of several register tiles over the same weights only the first has to
/// wait for memory, which would rest during the others. So the first two ask for the next block, each for other cache lines.
/// </summary>
/// <param name="first">The weights of the first input.</param>
/// <param name="stride">Bytes from input to input.</param>
internal readonly unsafe struct WeightsAhead(byte* first, nint stride)
{
    /// <summary>Tiles that ask.</summary>
    internal const int Tiles = 2;

    private const int CacheLine = 64;
    private const int Lines = 2;

    internal readonly byte* First = first;
    internal readonly nint Stride = stride;

    /// <summary>What one of the tiles asks for.</summary>
    internal WeightsAhead Of(int tile) => new(First + (tile * Lines * CacheLine), Stride);

    /// <summary>Asks for the lines at an address, into the second cache; an address without memory is passed over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Ask(byte* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(address);
            Sse.Prefetch1(address + CacheLine);
        }
    }
}

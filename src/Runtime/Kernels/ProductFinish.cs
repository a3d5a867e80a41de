using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>What happens to the finished chains of one panel on their way to the destination.</summary>
/// <param name="tile">[rows, width]: whole vectors, the columns beyond <paramref name="columns"/> are padding.</param>
/// <param name="rows">Number of rows.</param>
/// <param name="columns">1 to 48.</param>
internal readonly unsafe struct ProductFinish(float* tile, int rows, int columns)
{
    private readonly float* tile = tile;

    /// <summary>Floats from row to row of the tile.</summary>
    internal int Width { get; } = (columns + 15) / 16 * 16;

    internal void AddBias<T>(float* bias)
        where T : struct, ILanes<T>
    {
        float* padded = stackalloc float[PackedMatrix.MaxWidth];
        new Span<float>(padded, Width).Clear();
        new ReadOnlySpan<float>(bias, columns).CopyTo(new Span<float>(padded, columns));
        for (int r = 0; r < rows; r++)
            Add<T>(tile + (r * Width), padded, Width);
    }

    internal void AddResidual<T>(float* residual, nint stride)
        where T : struct, ILanes<T>
    {
        for (int r = 0; r < rows; r++)
            Add<T>(tile + (r * Width), residual + (r * stride), columns);
    }

    internal void Write(float* destination, nint stride)
    {
        for (int r = 0; r < rows; r++)
            new ReadOnlySpan<float>(tile + (r * Width), columns).CopyTo(new Span<float>(destination + (r * stride), columns));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<T>(float* sum, float* term, int count)
        where T : struct, ILanes<T>
    {
        int i = 0;
        for (; i + T.Width <= count; i += T.Width)
            T.Store(T.Add(T.Load(sum + i), T.Load(term + i)), sum + i);
        for (; i < count; i++)
            sum[i] += term[i];
    }
}

namespace Interp.Runtime.Forward;

/// <summary>Floats in the memory of a <see cref="Workspace"/>.</summary>
internal readonly unsafe struct FloatBlock(float* pointer, int length)
{
    /// <summary>The first float.</summary>
    public float* Pointer => pointer;

    /// <summary>Number of floats; as many as a panel may be read behind them.</summary>
    public int Length => length;

    /// <summary>All of it.</summary>
    public Span<float> Span => new(pointer, length);

    /// <summary>The part from a row on.</summary>
    public FloatBlock From(int row, int width) => new(pointer + ((nint)row * width), length - (row * width));

    /// <summary>The first rows.</summary>
    public Span<float> Rows(int rows, int width) => new(pointer, checked(rows * width));
}

namespace Interp.Runtime.Machine;

/// <summary>The kernels work on addresses, so each checks its spans once on entry.</summary>
internal static class Check
{
    /// <summary>The span is a full matrix of <paramref name="rows"/> x <paramref name="columns"/>.</summary>
    internal static void Size(int length, int rows, int columns, string name)
    {
        if (rows < 0 || columns < 0 || length != (long)rows * columns)
            throw new ArgumentException($"expected {rows} x {columns} values, found {length}", name);
    }

    /// <summary>The span has exactly the expected length.</summary>
    internal static void Length(int length, long expected, string name)
    {
        if (length != expected)
            throw new ArgumentException($"expected {expected} values, found {length}", name);
    }

    /// <summary>The span is empty (meaning: not there) or has exactly the expected length.</summary>
    internal static void LengthOrEmpty(int length, int expected, string name)
    {
        if (length != 0)
            Length(length, expected, name);
    }

    /// <summary>The span holds <paramref name="rows"/> rows of <paramref name="columns"/> at a distance of the stride.</summary>
    internal static void Strided(int length, int rows, int columns, int stride, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows, name);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, columns, name);
        long needed = rows == 0 ? 0 : ((rows - 1L) * stride) + columns;
        if (length < needed)
            throw new ArgumentException($"expected at least {needed} values, found {length}", name);
    }
}

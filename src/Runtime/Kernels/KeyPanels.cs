namespace Interp.Runtime.Kernels;

/// <summary>
/// Keys of all key-value heads as attention reads them: panels of 32 keys, in each panel for every head and dimension the 32
/// keys' values next to each other, [panel, head, d_head, 32]. Keys can be appended one by one.
/// </summary>
internal static unsafe class KeyPanels
{
    /// <summary>Keys in one panel.</summary>
    internal const int Width = PackedMatrix.PanelWidth;

    /// <summary>Floats that hold so many keys of all heads.</summary>
    internal static long Floats(int keys, int heads, int dHead) => (keys + Width - 1L) / Width * heads * dHead * Width;

    /// <summary>Writes rows [keys, heads x d_head] behind the keys that are already there.</summary>
    /// <param name="panels">The panels.</param>
    /// <param name="held">Keys already there.</param>
    /// <param name="rows">The new rows.</param>
    /// <param name="keys">Number of new rows.</param>
    /// <param name="heads">Key-value heads.</param>
    /// <param name="dHead">Dimension of a head.</param>
    internal static void Append(float* panels, int held, float* rows, int keys, int heads, int dHead)
    {
        nint width = (nint)heads * dHead;
        for (int first = 0; first < keys;)
        {
            int at = held + first, column = at % Width, count = Math.Min(Width - column, keys - first);
            float* panel = panels + (at / Width * width * Width) + column;
            PackedMatrix.PackTransposed(rows + (first * width), width, count, (int)width, panel);
            first += count;
        }
    }
}

/// <summary>Consecutive keys and values of one head.</summary>
internal unsafe struct KeyRun
{
    /// <summary>The head's part of the first panel, [d_head, 32].</summary>
    internal float* Keys;

    /// <summary>Floats from panel to panel.</summary>
    internal nint PanelStride;

    /// <summary>The head's values of the first key; rows are readable up to whole panels.</summary>
    internal float* Values;

    /// <summary>Floats from value to value.</summary>
    internal nint ValueStride;

    /// <summary>Position of the first key.</summary>
    internal int First;

    /// <summary>Number of keys.</summary>
    internal int Count;

    internal readonly int End => First + Count;
}

namespace Interp.Runtime.Kernels;

/// <summary>
/// Keys as attention reads them: panels of 32 keys, of which for every dimension the 32 keys' values stand next to each other, [d_head, 32] for each head.
/// Keys of a pass lie panel by panel, [panel, head, d_head, 32], those of a cache head by head. They can be appended one by one.
/// </summary>
internal static unsafe class KeyPanels
{
    /// <summary>Keys in one panel.</summary>
    internal const int Width = PackedMatrix.PanelWidth;

    /// <summary>Floats that hold so many keys of all heads.</summary>
    internal static long Floats(long keys, int heads, int dHead) => (keys + Width - 1L) / Width * heads * dHead * Width;

    /// <summary>
    /// Places runs of keys one behind the other in the same panels. A run that does not fit in what is left of a panel begins with the
    /// next one, so that short runs share a panel and none is cut into more panels than it needs.
    /// </summary>
    /// <param name="used">Places in front, gaps included; moved behind the run.</param>
    /// <param name="keys">Keys of the run.</param>
    /// <returns>The place of the first key.</returns>
    internal static int Place(ref int used, int keys)
    {
        int column = used % Width;
        int at = column > 0 && column + keys > Width ? checked(used + Width - column) : used;
        used = checked(at + keys);
        return at;
    }

    /// <summary>Writes one head's keys, [keys, d_head], behind those that are already there.</summary>
    /// <param name="panels">The head's part of the first panel.</param>
    /// <param name="panelStride">Floats from panel to panel.</param>
    /// <param name="held">Keys already there.</param>
    /// <param name="rows">The new keys.</param>
    /// <param name="rowStride">Floats from one of them to the next.</param>
    /// <param name="keys">How many there are.</param>
    /// <param name="dHead">Dimension of the head.</param>
    internal static void Append(float* panels, nint panelStride, int held, float* rows, nint rowStride, int keys, int dHead)
    {
        for (int first = 0; first < keys;)
        {
            int at = held + first, column = at % Width, count = Math.Min(Width - column, keys - first);
            PackedMatrix.PackTransposed(rows + (first * rowStride), rowStride, count, dHead, panels + (at / Width * panelStride) + column);
            first += count;
        }
    }
}

/// <summary>
/// Most places that runs of keys take in panels, in whatever order they are placed (<see cref="KeyPanels.Place"/>): the gap in front of
/// a run is shorter than the run, and no run takes more panels than it would alone.
/// </summary>
internal struct KeyPlaces
{
    private long _twice;
    private long _apart;

    /// <summary>The places.</summary>
    internal readonly long Most => Math.Min(_twice, _apart);

    /// <summary>Adds a run of so many keys.</summary>
    internal void Add(int keys)
    {
        _twice += 2L * keys;
        _apart += (keys + KeyPanels.Width - 1L) / KeyPanels.Width * KeyPanels.Width;
    }
}

/// <summary>Consecutive keys and values of one head.</summary>
internal unsafe struct KeyRun
{
    /// <summary>The first key in the head's part of the first panel; its next value stands 32 floats on. As many floats as a panel is wide are readable from each.</summary>
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

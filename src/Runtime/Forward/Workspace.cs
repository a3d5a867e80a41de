using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Forward;

/// <summary>
/// The memory of a pass, planned before it runs: one piece, handed out front to back. A workspace without memory counts
/// only, so the plan and the pass go through the same code.
/// </summary>
internal sealed unsafe class Workspace : IDisposable
{
    private const int Alignment = 16;

    // What kernels may read behind the end of a block.
    private const int Slack = 64;

    private readonly bool _counting;
    private float* _memory;

    private Workspace(bool counting) => _counting = counting;

    /// <summary>Takes memory for so many floats.</summary>
    public Workspace(long floats)
    {
        Capacity = floats;
        _memory = (float*)SystemMemory.Allocate(Bytes);
        GC.AddMemoryPressure(Bytes);
    }

    ~Workspace() => Free();

    /// <summary>Floats of memory.</summary>
    public long Capacity { get; }

    /// <summary>Floats handed out.</summary>
    public long Used { get; private set; }

    private long Bytes => Math.Max(1, Capacity) * sizeof(float);

    /// <summary>A workspace that only counts.</summary>
    public static Workspace Counting() => new(true);

    /// <summary>Hands out the next block, not cleared.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="width">Floats in a row.</param>
    public FloatBlock Take(long rows, long width)
    {
        long floats = checked(rows * width), taken = (floats + Slack + Alignment - 1) / Alignment * Alignment;
        long start = Used;
        Used += taken;
        if (_counting)
        {
            return default;
        }

        if (Used > Capacity)
        {
            throw new InvalidOperationException($"The plan of a pass was too small: {Capacity} floats, {Used} needed.");
        }

        return new FloatBlock(_memory + start, checked((int)floats));
    }

    /// <summary>Takes everything back.</summary>
    public void Reset() => Used = 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_memory is not null)
        {
            SystemMemory.Free(_memory, Bytes);
            _memory = null;
            GC.RemoveMemoryPressure(Bytes);
        }
    }
}

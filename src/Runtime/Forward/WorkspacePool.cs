namespace Interp.Runtime.Forward;

/// <summary>Keeps the memory of a pass for the next, so that passes in a row do not allocate.</summary>
internal sealed class WorkspacePool
{
    // 1 GiB; more is given back to the system.
    private const long MostFloats = 1L << 28;

    private Workspace? _kept;

    /// <summary>Memory for at least so many floats.</summary>
    public Workspace Rent(long floats)
    {
        Workspace? kept = Interlocked.Exchange(ref _kept, null);
        if (kept is not null && kept.Capacity >= floats)
        {
            kept.Reset();
            return kept;
        }

        kept?.Dispose();
        return new Workspace(floats);
    }

    /// <summary>Gives memory back, to be kept or freed: of two pieces the larger one is kept.</summary>
    public void Return(Workspace workspace)
    {
        Workspace? other = workspace.Capacity > MostFloats ? workspace : Interlocked.Exchange(ref _kept, workspace);
        if (other is not null && other != workspace && other.Capacity > workspace.Capacity)
        {
            other = Interlocked.Exchange(ref _kept, other);
        }

        other?.Dispose();
    }
}

namespace Interp.Runtime.Forward;

/// <summary>Keeps the memory of the last pass for the next, so that passes in a row do not allocate.</summary>
internal sealed class WorkspacePool
{
    private Workspace? _kept;

    /// <summary>Memory for at least so many floats.</summary>
    public Workspace Rent(long floats)
    {
        Workspace? kept = Interlocked.Exchange(ref _kept, null);
        if (kept is not null && kept.Capacity >= floats && kept.Capacity <= Math.Max(4 * floats, 1 << 20))
        {
            kept.Reset();
            return kept;
        }

        kept?.Dispose();
        return new Workspace(floats);
    }

    /// <summary>Gives memory back, to be kept or freed.</summary>
    public void Return(Workspace workspace) => Interlocked.Exchange(ref _kept, workspace)?.Dispose();
}

namespace Interp.Analysis;

/// <summary>How far a sweep is.</summary>
/// <param name="Done">Patched runs (or, when a sweep was stopped, cells) done.</param>
/// <param name="Total">Patched runs (or cells) in all.</param>
public readonly record struct SweepProgress(int Done, int Total)
{
    /// <summary>Those done that were taken over from a sweep that was stopped.</summary>
    public int TakenOver { get; init; }
}

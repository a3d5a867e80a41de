namespace Interp.Analysis;

/// <summary>A sweep was cancelled between two cells; what was finished by then is kept here.</summary>
public sealed class SweepStoppedException : OperationCanceledException
{
    internal SweepStoppedException(ResultTable finished, SweepProgress progress, CancellationToken cancellation)
        : base($"{finished.Name}: stopped after {progress.Done} of {progress.Total} cells", cancellation)
    {
        Finished = finished;
        Progress = progress;
    }

    /// <summary>The rows of the finished cells.</summary>
    public ResultTable Finished { get; }

    /// <summary>How far the sweep was.</summary>
    public SweepProgress Progress { get; }
}

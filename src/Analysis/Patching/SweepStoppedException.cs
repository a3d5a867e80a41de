namespace Interp.Analysis;

/// <summary>A sweep was cancelled between two cells; what was finished by then is kept here.</summary>
public sealed class SweepStoppedException : OperationCanceledException
{
    internal SweepStoppedException(ResultTable finished, SweepProgress progress, long rowsExpected, CancellationToken cancellation)
        : base($"{finished.Name}: stopped after {progress.Done} of {progress.Total} cells", cancellation)
    {
        Finished = finished;
        Progress = progress;
        RowsExpected = rowsExpected;

        // Whoever writes the rows to a file writes down that they are a part.
        finished.Metadata = ResultMetadata.OfPart(Reason, rowsExpected);
    }

    /// <summary>The rows of the finished cells; none where they went to a sink.</summary>
    public ResultTable Finished { get; }

    /// <summary>How far the sweep was.</summary>
    public SweepProgress Progress { get; }

    /// <summary>Rows of the whole sweep.</summary>
    public long RowsExpected { get; }

    /// <summary>How far the sweep was, in words.</summary>
    public string Reason => $"stopped after {Progress.Done} of {Progress.Total} cells";
}

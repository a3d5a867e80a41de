namespace Interp.Cli;

/// <summary>
/// Ctrl-C: work that can stop between two steps is asked to; what does not stop within a moment is ended. Either way the exit
/// code is <see cref="ExitCode.Interrupted"/>.
/// </summary>
internal sealed class InterruptSignal : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _source = new();
    private Timer? _deadline;

    public InterruptSignal() => Console.CancelKeyPress += OnInterrupt;

    /// <summary>Cancelled by Ctrl-C.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        Console.CancelKeyPress -= OnInterrupt;
        _deadline?.Dispose();
        _source.Dispose();
    }

    private void OnInterrupt(object? sender, ConsoleCancelEventArgs e)
    {
        e.Cancel = true;
        _deadline ??= new Timer(_ => Environment.Exit(ExitCode.Interrupted), null, Patience, Timeout.InfiniteTimeSpan);
        _source.Cancel();
    }
}

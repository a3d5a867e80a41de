namespace Interp.Cli;

/// <summary>
/// Ctrl-C: the first one asks the work to stop where it can and keep what is finished; a second one ends it at once. Either
/// way the exit code is <see cref="ExitCode.Interrupted"/>.
/// </summary>
internal sealed class InterruptSignal : IDisposable
{
    private readonly CancellationTokenSource _source = new();

    public InterruptSignal() => Console.CancelKeyPress += OnInterrupt;

    /// <summary>Cancelled by the first Ctrl-C.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        Console.CancelKeyPress -= OnInterrupt;
        _source.Dispose();
    }

    private void OnInterrupt(object? sender, ConsoleCancelEventArgs e)
    {
        e.Cancel = true;
        if (_source.IsCancellationRequested)
        {
            Environment.Exit(ExitCode.Interrupted);
        }

        Console.Error.WriteLine("interp: stopping; Ctrl-C once more stops at once");
        _source.Cancel();
    }
}

using System.Runtime.InteropServices;

namespace Interp.Cli;

/// <summary>
/// Ctrl-C, or the request to end that other programs send (SIGTERM): the first one asks the work to stop where it can and keep what is
/// finished; a second one ends it at once. Either way the exit code is <see cref="ExitCode.Interrupted"/>.
/// </summary>
internal sealed class InterruptSignal : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _terminate;

    public InterruptSignal()
    {
        Console.CancelKeyPress += OnInterrupt;
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnTerminate);
    }

    /// <summary>Cancelled by the first Ctrl-C.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        Console.CancelKeyPress -= OnInterrupt;
        _terminate.Dispose();
        _source.Dispose();
    }

    private void OnInterrupt(object? sender, ConsoleCancelEventArgs e)
    {
        e.Cancel = true;
        Stop("stopping; Ctrl-C once more stops at once");
    }

    private void OnTerminate(PosixSignalContext context)
    {
        context.Cancel = true;
        Stop("stopping, as it was told to");
    }

    private void Stop(string told)
    {
        if (_source.IsCancellationRequested)
        {
            Environment.Exit(ExitCode.Interrupted);
        }

        Console.Error.WriteLine($"interp: {told}");
        _source.Cancel();
    }
}

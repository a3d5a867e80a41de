using System.Runtime.InteropServices;

namespace Interp.Cli;

/// <summary>
/// Ctrl-C, or the request to end that other programs send (SIGTERM): the first one asks the work to stop where it can and keep what is
/// finished; a second one ends it at once. Either way the exit code is <see cref="ExitCode.Interrupted"/>. The console's own event for Ctrl-C
/// would set up the terminal, at every start.
/// </summary>
internal sealed class InterruptSignal : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _signals;
    private bool _signaled;

    public InterruptSignal() => _signals =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGQUIT, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
    ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        Array.ForEach(_signals, signal => signal.Dispose());
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Exchange(ref _signaled, true))
        {
            Environment.Exit(ExitCode.Interrupted);
        }

        Console.Error.WriteLine("interp: stopping; a second Ctrl-C or SIGTERM ends it at once");
        _source.Cancel();
    }
}

using System.Runtime.InteropServices;

namespace Interp.Cli;

/// <summary>
/// Ctrl-C: the first one asks the work to stop where it can and keep what is finished; a second one ends it at once. Either
/// way the exit code is <see cref="ExitCode.Interrupted"/>. The console's own event would set up the terminal, at every start.
/// </summary>
internal sealed class InterruptSignal : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _quit;

    public InterruptSignal()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnInterrupt);
        _quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, OnInterrupt);
    }

    /// <summary>Cancelled by the first Ctrl-C.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _interrupt.Dispose();
        _quit.Dispose();
        _source.Dispose();
    }

    private void OnInterrupt(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_source.IsCancellationRequested)
        {
            Environment.Exit(ExitCode.Interrupted);
        }

        Console.Error.WriteLine("interp: stopping; Ctrl-C once more stops at once");
        _source.Cancel();
    }
}

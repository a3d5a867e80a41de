namespace Interp.Runtime.Forward;

/// <summary>A wait for the finalizers that are due which ends: one of them may wait for the very thread that waits for it.</summary>
internal static class Finalizers
{
    private static readonly Lock Gate = new();

    private static Task waiting = Task.CompletedTask;

    /// <summary>Waits until they have run, but not longer than they should take, which the system's own call cannot do.</summary>
    /// <param name="longest">How long at most.</param>
    internal static void Wait(TimeSpan longest)
    {
        Task running;
        lock (Gate)
        {
            if (waiting.IsCompleted)
            {
                try
                {
                    waiting = Task.Factory.StartNew(
                        GC.WaitForPendingFinalizers, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                }
                catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
                {
                    // Without another thread there is no wait; what they give back later is found later.
                    return;
                }
            }

            running = waiting;
        }

        running.Wait(longest);
    }
}

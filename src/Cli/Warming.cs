using Interp.Runtime;

namespace Interp.Cli;

/// <summary>
/// Kernels are compiled for the vector unit of the machine when they are first used, which takes longer than all else that a
/// short command does. A second thread has them compiled while the command line and the model are read.
/// </summary>
internal static class Warming
{
    private static readonly HashSet<string> WithoutModel = new(StringComparer.Ordinal) { "report", "data", "bench" };

    private static int _begun;

    /// <summary>Begins, once for each process and where it can help.</summary>
    /// <param name="arguments">The command line.</param>
    public static void Begin(string[] arguments)
    {
        bool helps = Environment.ProcessorCount > 1 && arguments.Length > 1 && arguments[0][0] is not '-' && !WithoutModel.Contains(arguments[0]);
        if (helps && Interlocked.Exchange(ref _begun, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ => Warm(), null);
        }
    }

    private static void Warm()
    {
        try
        {
            KernelInfo.Prepare();
        }
        catch (InvalidInputException)
        {
            // A setting of the user's is wrong, such as the vector unit; the command itself meets it and tells.
        }
    }
}

using Interp.Runtime;

namespace Interp.Cli;

/// <summary>
/// Kernels are compiled for the vector unit of the machine when they are first used, which takes longer than all else that a
/// short command does. A second thread has them compiled: first those of every model, while the command line and the model are
/// read, then those of the model, while it is checked.
/// </summary>
internal static class Warming
{
    private static readonly HashSet<string> WithoutModel = new(StringComparer.Ordinal) { "report", "data", "bench" };

    private static volatile bool _begun;

    /// <summary>Begins where it can help.</summary>
    /// <param name="arguments">The command line.</param>
    public static void Begin(string[] arguments)
    {
        if (Environment.ProcessorCount > 1 && arguments.Length > 1 && arguments[0] is not ['-', ..] && !WithoutModel.Contains(arguments[0]))
        {
            _begun = true;
            Start(KernelInfo.Prepare);
        }
    }

    /// <summary>Goes on with the kernels of a model.</summary>
    /// <param name="config">What is known of the model that was opened.</param>
    public static void GoOn(ModelConfig config)
    {
        if (_begun)
        {
            Start(() => KernelInfo.Prepare(config));
        }
    }

    // A thread of its own: the pool starts two.
    private static void Start(Action prepare) => new Thread(() => Warm(prepare)) { IsBackground = true, Name = "Interp warming" }.Start();

    private static void Warm(Action prepare)
    {
        try
        {
            prepare();
        }
        catch (InvalidInputException)
        {
            // A setting of the user's is wrong, such as the vector unit; the command itself meets it and tells.
        }
    }
}

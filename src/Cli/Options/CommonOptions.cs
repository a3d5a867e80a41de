using System.CommandLine;

namespace Interp.Cli;

/// <summary>Options that every command has.</summary>
internal static class CommonOptions
{
    /// <summary>Remarks and progress off.</summary>
    public const string Quiet = "--quiet";

    /// <summary>Stack traces on.</summary>
    public const string Verbose = "--verbose";

    /// <summary>Adds the options to a command.</summary>
    public static void AddTo(Command command)
    {
        command.Add(Opt.Switch(Quiet, "No remarks and no progress on stderr."));
        command.Add(Opt.Switch(Verbose, "Show the stack trace of an error."));
    }
}

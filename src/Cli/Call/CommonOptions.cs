using System.CommandLine;

namespace Interp.Cli;

/// <summary>Options that every command has.</summary>
internal static class CommonOptions
{
    /// <summary>Remarks and progress off.</summary>
    public const string Quiet = "--quiet";

    /// <summary>Stack traces on.</summary>
    public const string Verbose = "--verbose";

    /// <summary>Seed of everything that is random.</summary>
    public const string Seed = "--seed";

    /// <summary>Adds the options to a command.</summary>
    public static void AddTo(Command command)
    {
        if (command.Options.All(o => o.Name != Seed))
        {
            command.Add(Opt.Int(Seed, "N", "Seed of random choices; this command makes none.", 0));
        }

        command.Add(Opt.Switch(Quiet, "No remarks and no progress on stderr."));
        command.Add(Opt.Switch(Verbose, "Show the stack trace of an error."));
    }
}

namespace Interp.Cli;

/// <summary>Exit codes, as the contract of the command line has them.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Bug = 1;
    public const int BadInput = 2;
    public const int CheckFailed = 3;
    public const int Interrupted = 130;
}

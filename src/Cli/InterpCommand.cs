using System.CommandLine;
using System.CommandLine.Invocation;
using System.Diagnostics.CodeAnalysis;

namespace Interp.Cli;

/// <summary>The whole command line: reads the arguments, runs one command, turns its outcome into an exit code.</summary>
internal static class InterpCommand
{
    private const string Description =
        "Interp: interpretability and activation patching for transformers. Start with `interp demo`, which needs no files; "
        + "then look at a model of your own with `interp info --model DIRECTORY`.";

    /// <summary>Runs a command line.</summary>
    /// <param name="arguments">The arguments, without the program's name.</param>
    /// <param name="output">Results.</param>
    /// <param name="error">Everything else.</param>
    /// <param name="bytes">Results that are no text; null = the standard output.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    /// <returns>The exit code.</returns>
    [SuppressMessage("Design", "CA1031", Justification = "The last resort: whatever else is thrown is a bug, told in one line.")]
    public static int Run(
        string[] arguments, TextWriter output, TextWriter error, Stream? bytes = null, CancellationToken cancellation = default)
    {
        bool verbose = arguments.Contains(CommonOptions.Verbose);
        RootCommand root = Create();
        ParseResult parse = root.Parse(
            arguments.Length == 0 ? ["--help"] : arguments,
            // A prompt may begin with @; it is a text, not the name of a file of arguments.
            new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        if (parse.Action is not (null or ParseErrorAction) && Usage.IsKnown(root, arguments.FirstOrDefault("--help")))
        {
            // Help and version.
            return parse.Invoke(new InvocationConfiguration { Output = output, Error = error });
        }

        try
        {
            Usage.ThrowIfWrong(parse, arguments[0]);
            var session = new Session(parse, arguments, output, error, cancellation, bytes);
            ((ToolCommand)parse.CommandResult.Command).Execute(session);
            session.WriteReport();
            session.TellRemarks();
            cancellation.ThrowIfCancellationRequested();
            return ExitCode.Done;
        }
        catch (InvalidInputException exception)
        {
            return Fail(exception, ExitCode.BadInput, "");
        }
        catch (CheckFailedException exception)
        {
            return Fail(exception, ExitCode.CheckFailed, "");
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            error.WriteLine("interp: stopped");
            return ExitCode.Interrupted;
        }
        catch (Exception exception)
        {
            return Fail(exception, ExitCode.Bug, verbose ? "" : " (a bug in interp; --verbose shows the stack trace)");
        }

        int Fail(Exception exception, int code, string remark)
        {
            string kind = code == ExitCode.Bug ? exception.GetType().Name + ": " : "";
            error.WriteLine($"interp: {kind}{OneLine(exception.Message)}{remark}");
            if (verbose)
            {
                error.WriteLine(exception.ToString());
            }

            return code;
        }
    }

    private static RootCommand Create()
    {
        var root = new RootCommand(Description)
        {
            new InfoCommand(),
            new RunCommand(),
            new GenerateCommand(),
            new CacheCommand(),
            new DecomposeCommand(),
            new WeightsCommand(),
            new HeadsCommand(),
            new LensCommand(),
            new FlowCommand(),
            new PatchCommand(),
            new AblateCommand(),
            new KnockoutCommand(),
            new PathCommand(),
            new DataCommand(),
            new BenchCommand(),
            new VerifyCommand(),
            new ExportCommand(),
            new ReportCommand(),
            new DemoCommand(),
        };
        root.HelpName = "interp";
        // [diagram] and [suggest] are tools of the parser's authors; here an argument in brackets is an argument.
        root.Directives.Clear();
        return root;
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}

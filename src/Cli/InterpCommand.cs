using System.CommandLine;
using System.CommandLine.Invocation;
using System.Diagnostics.CodeAnalysis;
using Interp.Onnx;

namespace Interp.Cli;

/// <summary>The whole command line: reads the arguments, runs one command, turns its outcome into an exit code.</summary>
internal static class InterpCommand
{
    private const string Description =
        "Interp: interpretability and activation patching for transformers. Start with `interp demo`, which needs no files; "
        + "then look at a model of your own with `interp info --model DIRECTORY`.";

    /// <summary>The commands, in the order in which help lists them; only one is made for a call that names it.</summary>
    private static readonly (string Name, Func<ToolCommand> Make)[] Commands =
    [
        ("info", () => new InfoCommand()),
        ("run", () => new RunCommand()),
        ("generate", () => new GenerateCommand()),
        ("cache", () => new CacheCommand()),
        ("decompose", () => new DecomposeCommand()),
        ("weights", () => new WeightsCommand()),
        ("heads", () => new HeadsCommand()),
        ("lens", () => new LensCommand()),
        ("flow", () => new FlowCommand()),
        ("patch", () => new PatchCommand()),
        ("ablate", () => new AblateCommand()),
        ("knockout", () => new KnockoutCommand()),
        ("path", () => new PathCommand()),
        ("data", () => new DataCommand()),
        ("bench", () => new BenchCommand()),
        ("verify", () => new VerifyCommand()),
        ("export", () => new ExportCommand()),
        ("report", () => new ReportCommand()),
        ("demo", () => new DemoCommand()),
    ];

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
        OnnxFormat.Register();
        bool verbose = arguments.Contains(CommonOptions.Verbose);
        string first = arguments.FirstOrDefault("--help");
        ParseResult? alone = ParseAlone(arguments);
        ParseResult parse = alone ?? ParseWhole(arguments, first);
        if (parse.Action is not (null or ParseErrorAction) && Usage.IsKnown(parse.RootCommandResult.Command, first))
        {
            // Help and version.
            return parse.Invoke(new InvocationConfiguration { Output = output, Error = error });
        }

        Session? session = null;
        try
        {
            if (alone is null)
            {
                Usage.ThrowIfWrong(parse, arguments[0]);
            }

            session = new Session(parse, arguments, output, error, cancellation, bytes);
            ((ToolCommand)parse.CommandResult.Command).Execute(session);
            session.Commit();
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
            return Stopped();
        }
        catch (Exception exception)
        {
            return Fail(exception, ExitCode.Bug, verbose ? "" : " (a bug in interp; --verbose shows the stack trace)");
        }

        finally
        {
            session?.Dispose();
        }

        int Stopped()
        {
            try
            {
                session?.Commit();
            }
            catch (InvalidInputException exception)
            {
                return Fail(exception, ExitCode.BadInput, "");
            }

            session?.WriteReportOfStopped();
            error.WriteLine($"interp: stopped{(session?.Stopped is null ? "" : "; what was finished is kept")}");
            return ExitCode.Interrupted;
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

    /// <summary>
    /// A call of one command with nothing wrong in it: read without the command line around it, which looks texts up when it is made. Null
    /// for all else.
    /// </summary>
    private static ParseResult? ParseAlone(string[] arguments)
    {
        int index = arguments.Length == 0 ? -1 : Array.FindIndex(Commands, c => c.Name == arguments[0]);
        if (index < 0)
        {
            return null;
        }

        ToolCommand command = Commands[index].Make();
        Option<bool> help = new("--help", "-h", "/h", "-?", "/?") { Arity = ArgumentArity.Zero };
        command.Add(help);
        ParseResult parse = Parse(command, arguments[1..]);
        return parse.Errors.Count == 0 && parse.UnmatchedTokens.Count == 0 && parse.GetResult(help) is not { Implicit: false }
            ? parse
            : null;
    }

    private static ParseResult ParseWhole(string[] arguments, string first)
    {
        string[] given = arguments.Length == 0 ? ["--help"] : arguments;
        ParseResult parse = Parse(Create(first), given);

        // What is told about a mistake may name any command.
        return parse.Errors.Count == 0 && parse.UnmatchedTokens.Count == 0 ? parse : Parse(Create(null), given);
    }

    // A prompt may begin with @; it is a text, not the name of a file of arguments.
    private static ParseResult Parse(Command command, string[] arguments) =>
        command.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });

    /// <summary>The command line with one of the commands, or with all where there is none of that name.</summary>
    private static RootCommand Create(string? name)
    {
        var root = new RootCommand(Description);
        bool known = Array.Exists(Commands, c => c.Name == name);
        foreach ((string word, Func<ToolCommand> make) in Commands)
        {
            if (!known || word == name)
            {
                root.Add(make());
            }
        }

        root.HelpName = "interp";
        // [diagram] and [suggest] are tools of the parser's authors; here an argument in brackets is an argument.
        root.Directives.Clear();
        return root;
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}

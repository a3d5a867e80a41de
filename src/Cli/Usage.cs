using System.CommandLine;
using System.CommandLine.Parsing;

namespace Interp.Cli;

/// <summary>Turns what the parser did not understand into one line that names the thing.</summary>
internal static class Usage
{
    /// <summary>Refuses a command line that the parser did not understand.</summary>
    /// <param name="parse">What the parser made of it.</param>
    /// <param name="first">The first argument.</param>
    /// <exception cref="InvalidInputException">The command line is wrong.</exception>
    public static void ThrowIfWrong(ParseResult parse, string first)
    {
        // The parser would go on behind a word it does not know, and might find a command there.
        Command root = parse.RootCommandResult.Command;
        if (!IsKnown(root, first))
        {
            throw new InvalidInputException(UnknownCommand(root, first));
        }

        Command command = parse.CommandResult.Command;
        if (parse.UnmatchedTokens is [{ } unknown, ..])
        {
            throw new InvalidInputException(UnknownArgument(root, command, unknown));
        }

        if (parse.Errors is [ParseError error, ..])
        {
            throw new InvalidInputException(Rephrased(command, error.Message.ReplaceLineEndings(" ").TrimEnd('.')));
        }
    }

    /// <summary>The parser's own complaints in the order thing, expected, found; those of interp's options are in it already.</summary>
    private static string Rephrased(Command command, string message)
    {
        Option? option = command.Options.FirstOrDefault(o => message.Contains($"'{o.Name}'", StringComparison.Ordinal));
        return option switch
        {
            null => message,
            _ when message.EndsWith("is required", StringComparison.Ordinal) =>
                $"{option.Name}: expected {option.HelpName}, found none. {option.Description}",
            _ when message.StartsWith("Required argument missing", StringComparison.Ordinal) =>
                $"{option.Name}: expected {option.HelpName} behind it, found nothing",
            _ when message.Contains("expects a single argument", StringComparison.Ordinal) =>
                $"{option.Name}: expected once, found again",
            _ => message,
        };
    }

    /// <summary>Whether a command line may begin with a word: a command, or the options for help and version.</summary>
    public static bool IsKnown(Command root, string first) =>
        root.Subcommands.Any(c => c.Name == first) || root.Options.Any(o => o.Name == first || o.Aliases.Contains(first));

    private static string UnknownCommand(Command root, string name)
    {
        string[] names = [.. root.Subcommands.Select(c => c.Name)];
        return name.StartsWith('-')
            ? $"{name}: expected a command first, one of {string.Join(", ", names)}"
            : $"command '{name}': expected one of {string.Join(", ", names)} (interp --help describes them)";
    }

    private static string UnknownArgument(Command root, Command command, string argument)
    {
        string name = argument.Split('=')[0];
        if (!argument.StartsWith('-') || argument.Skip(1).All(c => !char.IsLetter(c)))
        {
            return $"'{argument}': '{command.Name}' takes options only; "
                + "expected one of them in front (a text with spaces needs quotes)";
        }

        string[] options = [.. command.Options.Where(o => !o.Hidden).Select(o => o.Name)];
        if (root.Subcommands.Any(c => c.Options.Any(o => o.Name == name)))
        {
            // Not misspelt: another command has it.
            return $"{name}: not an option of '{command.Name}'; expected one of {string.Join(", ", options)}";
        }

        return $"{name}: not an option of '{command.Name}'; the nearest are {string.Join(", ", NearestNames.Find(name, options))} "
            + $"(interp {command.Name} --help lists all)";
    }
}

using System.Text.Json;

namespace Interp.Cli.Tests;

/// <summary>Runs command lines in this process.</summary>
internal static class Tool
{
    /// <summary>A prompt of the demo model, and the same without the earlier occurrence of its last word.</summary>
    public const string Clean = "Mary met John in Paris . then Mary";

    public const string Corrupted = "Anna met John in Paris . then Mary";

    /// <summary>Runs a command line.</summary>
    public static Outcome Run(params string[] arguments) => Run(CancellationToken.None, arguments);

    public static Outcome Run(CancellationToken cancellation, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = InterpCommand.Run(arguments, output, error, cancellation: cancellation);
        return new Outcome(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs a command line whose result is no text.</summary>
    public static (Outcome Outcome, byte[] Bytes) RunForBytes(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var bytes = new MemoryStream();
        int code = InterpCommand.Run(arguments, output, error, bytes);
        return (new Outcome(code, output.ToString(), error.ToString()), bytes.ToArray());
    }

    /// <summary>A command on the demo model.</summary>
    public static Outcome Demo(string command, params string[] arguments) => Run([command, "--model", "demo", .. arguments]);

    /// <summary>The command line must be refused: exit code 2, no stdout, one line on stderr that has the words.</summary>
    public static void Refuses(string[] arguments, params string[] words)
    {
        Outcome outcome = Run(arguments);
        Assert.True(outcome.Code == 2, $"expected exit code 2, found {outcome.Code}: {outcome.Error}");
        Assert.Empty(outcome.Output);
        string line = Assert.Single(outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("interp: ", line, StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, line, StringComparison.Ordinal));
    }
}

/// <summary>What a command line did.</summary>
internal sealed record Outcome(int Code, string Output, string Error)
{
    /// <summary>The rows of <c>--json</c>; the command must have succeeded.</summary>
    public JsonElement[] Rows
    {
        get
        {
            Succeeded();
            return [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
        }
    }

    /// <summary>The columns of <c>--json</c>.</summary>
    public string[] Columns => [.. Rows[0].EnumerateObject().Select(p => p.Name)];

    public Outcome Succeeded()
    {
        Assert.True(Code == 0, $"expected exit code 0, found {Code}: {Error}");
        return this;
    }
}

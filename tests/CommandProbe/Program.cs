using System.Text.Json;
using Interp.Cli;

// Each line of the file is a command line as a JSON array. Prints its exit code and what it said on stderr, as one line.
foreach (string line in File.ReadLines(args[0]))
{
    using var error = new StringWriter();
    int code = InterpCommand.Run(JsonSerializer.Deserialize<string[]>(line)!, TextWriter.Null, error);
    Console.WriteLine($"{code}\t{error.ToString().ReplaceLineEndings(" ")}");
}

using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Interp.Bench.Start;

/// <summary>Wall time of the published tool beside a published program that prints one line; both are published first.</summary>
internal static class StartRunner
{
    private const string Header = "| call | median ms | range ms | x hello world |\n|---|---|---|---|";
    private const int Warming = 2;

    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <InvariantGlobalization>true</InvariantGlobalization>
          </PropertyGroup>
        </Project>
        """;

    /// <summary>The table; run from the root of the repository.</summary>
    /// <param name="rounds">Calls of each kind; they alternate.</param>
    /// <param name="models">What <c>interp info</c> is asked about; none = the model that ships.</param>
    internal static IEnumerable<string> Table(int rounds, IReadOnlyList<string> models)
    {
        yield return Header;
        DirectoryInfo work = Directory.CreateTempSubdirectory("interp-start-");
        try
        {
            string hello = PublishHello(work.FullName), interp = Path.Combine(work.FullName, "interp");
            Run("dotnet", "publish", "src/Cli", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-o", interp);
            List<string[]> calls = [[hello], [Path.Combine(interp, "interp"), "--version"]];
            foreach (string model in models.DefaultIfEmpty("demo"))
                calls.Add([Path.Combine(interp, "interp"), "info", "--model", model]);
            List<double>[] times = [.. calls.Select(_ => new List<double>())];
            for (int round = -Warming; round < rounds; round++)
            {
                for (int i = 0; i < calls.Count; i++)
                {
                    double seconds = Clock.Seconds(() => Run(calls[i][0], calls[i][1..]));
                    if (round >= 0)
                        times[i].Add(1000 * seconds);
                }
            }

            for (int i = 0; i < calls.Count; i++)
            {
                string call = string.Join(' ', calls[i].Skip(1).Prepend(Path.GetFileName(calls[i][0])));
                double median = Clock.Median(times[i]);
                yield return FormattableString.Invariant(
                    $"| {call} | {median:F1} | {times[i].Min():F1}-{times[i].Max():F1} | {median / Clock.Median(times[0]):F2} |");
            }
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private static string PublishHello(string work)
    {
        string source = Directory.CreateDirectory(Path.Combine(work, "hello")).FullName, output = Path.Combine(work, "hello-published");
        File.WriteAllText(Path.Combine(source, "hello.csproj"), Project);
        File.WriteAllText(Path.Combine(source, "Program.cs"), "System.Console.WriteLine(\"Hello, World!\");");
        Run("dotnet", "publish", source, "-c", "Release", "-o", output);
        return Path.Combine(output, "hello");
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}");
    }
}

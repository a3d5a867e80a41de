using System.Diagnostics;
using System.Text.Json;
using Interp.Analysis;

namespace Interp.Tests;

/// <summary>Reads Arrow files with readers that others wrote: apache-arrow for JavaScript, and polars (Rust).</summary>
internal static class OtherReaders
{
    private static readonly Lazy<string?> Missing = new(Prepare);

    private static string Folder { get; } = Path.Combine(Root(), "tests", "ArrowReaders");

    /// <summary>Skips the test where the readers cannot be had; where everything is tested, they must be there.</summary>
    public static void Require()
    {
        if (Missing.Value is { } reason)
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", reason);
            Assert.Fail(reason);
        }
    }

    /// <summary>What a reader sees in files.</summary>
    /// <param name="reader"><c>apache-arrow</c> or <c>polars</c>.</param>
    /// <param name="files">The files.</param>
    public static JsonElement[] Read(string reader, IEnumerable<string> files)
    {
        (int code, string output, string error) = Run("node", ["read.mjs", reader, .. files]);
        Assert.True(code == 0, $"{reader}: {error}");
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    /// <summary>What a reader saw must be the table: columns, types, values to the bit, nulls.</summary>
    public static void RequireSame(ResultTable expected, JsonElement seen, string file)
    {
        Assert.Equal(
            expected.Columns.Select(c => (c.Name, Name(c.Type))),
            seen.GetProperty("columns").EnumerateArray().Select(c => (c[0].GetString()!, c[1].GetString()!)));
        JsonElement rows = seen.GetProperty("rows");
        Assert.True(expected.Count == rows.GetArrayLength(), $"{file}: expected {expected.Count} rows, found {rows.GetArrayLength()}");
        int i = 0;
        foreach (JsonElement row in rows.EnumerateArray())
        {
            string?[] found = [.. row.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Null ? null : v.ToString())];
            string?[] wanted = [.. expected.Rows[i].Select(v => v is double x ? Bits(x) : v?.ToString())];
            Assert.True(wanted.SequenceEqual(found, StringComparer.Ordinal), $"{file}, row {i}: expected {string.Join('|', wanted)}, found {string.Join('|', found)}");
            i++;
        }
    }

    /// <summary>A number as the script prints it.</summary>
    public static string Bits(double x) => double.IsNaN(x) ? "nan" : $"{BitConverter.DoubleToInt64Bits(x):x16}";

    private static string Name(ColumnType type) => type switch
    {
        ColumnType.Int32 => "int32",
        ColumnType.Int64 => "int64",
        ColumnType.Float64 => "float64",
        _ => "dictionary",
    };

    private static string? Prepare()
    {
        try
        {
            if (Run("node", ["--version"]).Code != 0)
            {
                return "node does not run";
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "node is not installed (Debian: nodejs and npm); it runs apache-arrow and polars";
        }

        // Several test projects may come here at once.
        using FileStream turn = Turn();
        for (int attempt = 0; !Directory.Exists(Path.Combine(Folder, "node_modules", "nodejs-polars")); attempt++)
        {
            if (attempt == 3)
            {
                return "npm install failed three times in tests/ArrowReaders";
            }

            Run("npm", ["install", "--no-save", "--no-audit", "--no-fund"]);
        }

        return null;
    }

    private static FileStream Turn()
    {
        string path = Path.Combine(Path.GetTempPath(), "interp-arrow-readers.lock");
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (waited.Elapsed < TimeSpan.FromMinutes(5))
            {
                Task.Delay(200).Wait();
            }
        }
    }

    private static (int Code, string Output, string Error) Run(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Interp.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("no Interp.sln above " + AppContext.BaseDirectory);
    }
}

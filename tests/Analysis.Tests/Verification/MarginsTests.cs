using System.Globalization;
using System.Text.RegularExpressions;
using Interp.Onnx;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Verifying;

/// <summary>
/// The page of margins says how far every checkpoint and graph is from its reference. What is measured here may not be larger than twice what it says
/// (ONNX Runtime sums in another order on another processor), and what it says is within the tolerances. With INTERP_MARGINS=write the page's numbers are written anew.
/// </summary>
public sealed partial class MarginsTests
{
    private const double LogitTolerance = 2e-5, Allowance = 2;

    [Fact]
    public void Measured_differences_are_within_those_of_the_page()
    {
        string root = Fixtures.Require("hf"), page = Page();
        List<string> rows = [];
        foreach (string folder in Directory.GetDirectories(root).Order(StringComparer.Ordinal))
        {
            rows.Add(Checkpoint(folder));
        }

        foreach (string graph in VerificationTests.Graphs.Select(row => row.Data))
        {
            rows.Add(Graph(graph));
        }

        if (Environment.GetEnvironmentVariable("INTERP_MARGINS") == "write")
        {
            string text = File.ReadAllText(page);
            File.WriteAllText(page, Rows().Replace(text, "").TrimEnd() + "\n" + string.Concat(rows.Select(r => r + "\n")));
        }

        Dictionary<string, double[]> stated = Read(File.ReadAllText(page));
        foreach ((string name, double[] measured) in Read(string.Join('\n', rows)))
        {
            Assert.True(stated.ContainsKey(name), $"{page} has no row of {name}");
            Assert.All(measured.Zip(stated[name]), pair => Assert.True(
                pair.First <= Allowance * pair.Second, $"{name}: {pair.First} is more than {pair.Second}"));
            Assert.True(stated[name][0] <= (name.Contains("fp16", StringComparison.Ordinal) ? Verification.HalfTolerance : LogitTolerance), name);
            Assert.True(stated[name][1] <= Verification.Tolerance, name);
        }
    }

    // Logits with transformers' float64 values; every hook point of the exported graph with ONNX Runtime.
    private static string Checkpoint(string folder)
    {
        TransformerModel model = ReferenceModel.Load(folder);
        using Expected expected = Expected.Open("hf", Path.GetFileName(folder), "expected.safetensors");
        int[][] ids = expected.Rows("input_ids");
        int[][]? types = model.Config.TokenTypes > 0 && expected.Has("token_type_ids") ? expected.Rows("token_type_ids") : null;
        RunResult run = model.Run(new TokenBatch(ids, types));
        double worst = 0;
        for (int b = 0; b < ids.Length; b++)
        {
            for (int p = 0; p < ids[b].Length; p++)
            {
                worst = Math.Max(worst, Distance(expected.Floats("ref_logits", b, p), run.LogitsAt(b, p)));
            }
        }

        string work = Directory.CreateTempSubdirectory("interp-margins-").FullName, path = Path.Combine(work, "model.onnx");
        OnnxExport.Write(model, path);
        VerifyReport report = OnnxReference.Verify(model, path, [VerificationTests.Tokens, VerificationTests.Tokens[..4]], 1);
        Directory.Delete(work, recursive: true);
        return Row(Path.GetFileName(folder), worst, report);
    }

    // Logits with ONNX Runtime on the graph as it is; every value that can be matched.
    private static string Graph(string graph)
    {
        string path = Fixtures.Require(Path.Combine("hf", graph));
        TransformerModel model = TransformerModel.Load(VerificationTests.FolderOf(path));
        VerifyReport report = OnnxReference.Verify(model, path, [VerificationTests.Tokens, VerificationTests.Tokens[..4]], 1);
        return Row(graph, report.Rows[^1].MaxAbs, report);
    }

    private static string Row(string name, double logits, VerifyReport report)
    {
        VerifyRow worst = report.Rows.Where(r => r.Hook != "logits_as_stored").MaxBy(r => r.MaxRel)!;
        return string.Create(
            CultureInfo.InvariantCulture, $"| `{name}` | {Up(logits):0e-0} | {Up(worst.MaxRel):0e-0} | {report.Rows.Count} |");
    }

    private static double Distance(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        double most = 0;
        for (int i = 0; i < x.Length; i++)
        {
            most = Math.Max(most, Math.Abs((double)x[i] - y[i]));
        }

        return most;
    }

    // To one digit, upward.
    private static double Up(double value)
    {
        double unit = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return Math.Ceiling(value / unit) * unit;
    }

    private static Dictionary<string, double[]> Read(string text) => Rows().Matches(text).ToDictionary(
        m => m.Groups[1].Value,
        m => m.Groups.Values.Skip(2).Select(g => double.Parse(g.Value, CultureInfo.InvariantCulture)).ToArray());

    private static string Page()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Interp.sln")))
            {
                return Path.Combine(at.FullName, "docs", "margins.md");
            }
        }

        throw new DirectoryNotFoundException("No folder with Interp.sln above the tests.");
    }

    [GeneratedRegex(@"^\| `([^`]+)` \| (\S+) \| (\S+) \| \d+ \|$", RegexOptions.Multiline)]
    private static partial Regex Rows();
}

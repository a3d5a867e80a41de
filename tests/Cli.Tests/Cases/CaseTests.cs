using System.Text.Json;

namespace Interp.Cli.Tests.Cases;

/// <summary>
/// Small models and files at which a reader can go wrong without a word, each with the right answer found by other means:
/// <c>tests/Fixtures/cases/*/case.json</c>, by the rules of <see cref="CaseRules"/>.
/// </summary>
public sealed class CaseTests
{
    public static TheoryData<string> Names { get; } =
        [.. Directory.EnumerateFiles(Fixtures.Require("cases"), "case.json", SearchOption.AllDirectories).Select(f => Path.GetFileName(Path.GetDirectoryName(f))!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_case_is_right(string name)
    {
        string folder = Path.Combine(Fixtures.Require("cases"), name);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        JsonElement root = document.RootElement;
        JsonElement[] runs = root.TryGetProperty("runs", out JsonElement several) ? [.. several.EnumerateArray()] : [root];
        List<string> wrong = [];
        foreach (JsonElement run in runs)
        {
            using Workspace output = new();
            string[] arguments = [.. run.GetProperty("args").EnumerateArray().Select(a => a.GetString()!.Replace("{dir}", folder, StringComparison.Ordinal).Replace("{out}", output.FullPath, StringComparison.Ordinal))];
            Outcome outcome = Tool.Run(arguments);
            string file = output.At("x.safetensors");
            wrong.AddRange(CaseRules.Wrong(
                run.GetProperty("expect"),
                new CaseRun(outcome.Code, Without(outcome.Output), Without(outcome.Error), File.Exists(file) ? CaseTensors.Read(file) : null),
                folder));

            // The name of a case is no part of a message.
            string Without(string text) => text.Replace(folder, "", StringComparison.Ordinal).Replace(output.FullPath, "", StringComparison.Ordinal);
        }

        Assert.True(wrong.Count == 0, $"{root.GetProperty("what").GetString()}: {string.Join("; ", wrong)}");
    }
}

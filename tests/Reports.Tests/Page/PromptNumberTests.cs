using System.Text.Json;
using Interp.Cli;

namespace Interp.Reports.Tests.Page;

/// <summary>On a page the tokens of a prompt stand beside the results of that prompt, also where rows of the data were left out.</summary>
public sealed class PromptNumberTests
{
    private static readonly (string Subject, string Row)[] Rows =
    [
        ("", """{"clean": "Mary met John . Mary", "corrupted": "Anna met John . Mary", "answer": "met saw", "wrong": "saw"}"""),
        ("Tom", """{"clean": "Tom saw Anna . Tom", "corrupted": "John saw Anna . Tom", "answer": "saw", "wrong": "met"}"""),
        ("", """{"clean": "Anna met Tom . Anna", "corrupted": "John met Tom . Anna", "answer": "met saw", "wrong": "saw"}"""),
        ("Mary", """{"clean": "Mary met John . Mary", "corrupted": "Anna met John . Mary", "answer": "met", "wrong": "saw"}"""),
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Tokens_and_effects_of_a_figure_are_of_one_prompt(bool folder)
    {
        string directory = Directory.CreateTempSubdirectory("interp-page-").FullName;
        try
        {
            string data = Path.Combine(directory, "d.jsonl"), page = Path.Combine(directory, "page.html"), tables = Path.Combine(directory, "tables");
            File.WriteAllLines(data, Rows.Select(r => r.Row));
            string[] sweep = ["patch", "--model", "demo", "--data", data, "--skip-bad-rows", "--sites", "resid_pre"];
            JsonElement[] effects = [.. Run([.. sweep, "--json"]).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
            if (folder)
            {
                Run([.. sweep, "--out", tables]);
                Run("report", tables, "--out", page);
            }
            else
            {
                Run([.. sweep, "--report", page]);
            }

            var figures = new PageFigures(File.ReadAllBytes(page));
            IReadOnlyList<string> prompts = figures.Choices("patching", 1);
            foreach (int number in new[] { 1, 3 })
            {
                string choice = Assert.Single(prompts, p => p.StartsWith($"{number}: ", StringComparison.Ordinal));
                Assert.Contains(Rows[number].Subject, choice, StringComparison.Ordinal);
                JsonElement trace = figures.Trace("patching", 0, "resid_pre", choice, "all");
                Assert.Contains(Rows[number].Subject, PageFigures.Texts(trace.GetProperty("x"))[1], StringComparison.Ordinal);
                double[] expected =
                [
                    .. effects.Where(e => e.GetProperty("prompt").GetInt32() == number)
                        .OrderBy(e => e.GetProperty("layer").GetInt32()).ThenBy(e => e.GetProperty("pos").GetInt32())
                        .Select(e => e.GetProperty("effect").GetDouble()),
                ];

                // Pages keep figures in float32 or with few digits.
                Assert.Equal(expected.Length, PageFigures.Numbers(trace.GetProperty("z")).Length);
                Assert.All(expected.Zip(PageFigures.Numbers(trace.GetProperty("z"))), p => Assert.Equal(p.First, p.Second, 1e-3));
            }

            // The two prompts have other effects, so that an exchange would be seen.
            Assert.Equal(2, prompts.Count(p => p.StartsWith("1: ", StringComparison.Ordinal) || p.StartsWith("3: ", StringComparison.Ordinal)));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.True(InterpCommand.Run(arguments, output, error) == 0, error.ToString());
        return output.ToString();
    }
}

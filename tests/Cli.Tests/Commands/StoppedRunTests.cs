using System.CommandLine;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli.Tests.Commands;

/// <summary>Ctrl-C: what is finished is kept, and the exit code is 130.</summary>
public sealed class StoppedRunTests
{
    [Fact]
    public void Prompts_that_were_run_before_the_stop_are_kept_and_told()
    {
        var command = new Command("run");
        CommonOptions.AddTo(command);
        using var error = new StringWriter();
        using var source = new CancellationTokenSource();
        var session = new Session(command.Parse([]), [], TextWriter.Null, error, source.Token);
        TransformerModel model = DemoModel.Create();
        PromptPair[] pairs = [.. Enumerable.Range(1, 6).Select(t => new PromptPair { Clean = [0, t] })];
        List<int> finished = [];
        foreach ((int prompt, RunResult _, int _) in PromptRuns.Each(session, model, pairs, new RunOptions(), 2))
        {
            finished.Add(prompt);
            source.Cancel();
        }

        Assert.Equal([0, 1], finished);
        Assert.Equal("stopped after 2 of 6 prompts", error.ToString().TrimEnd());
    }

    [Theory]
    [InlineData("run", "o.csv")]
    [InlineData("generate", "o.csv")]
    [InlineData("cache", "o.safetensors")]
    [InlineData("decompose", "o.csv")]
    public void A_stop_before_anything_is_finished_writes_nothing(string name, string file)
    {
        using var work = new Workspace();
        using var source = new CancellationTokenSource();
        source.Cancel();
        Outcome outcome = Tool.Run(source.Token, name, "--model", "demo", "--prompt", "Mary met", "--out", work.At(file));
        Assert.Equal(130, outcome.Code);
        Assert.Empty(work.Entries);
    }

    // How long loading takes is not known, so the stop comes later and later until it meets the generation.
    [Fact]
    public void Tokens_generated_before_the_stop_are_the_result()
    {
        string[] arguments =
        [
            "generate", "--model", Fixtures.Require("stories260K"), "--prompt", "Once upon a time", "--max-new-tokens", "500",
            "--ignore-eos", "--no-cache", "--json",
        ];
        for (int milliseconds = 100; milliseconds < 60_000; milliseconds *= 2)
        {
            using var source = new CancellationTokenSource(milliseconds);
            Outcome outcome = Tool.Run(source.Token, arguments);
            if (outcome.Code == 0)
            {
                Assert.Skip("The generation ended before it could be stopped.");
            }

            Assert.Equal(130, outcome.Code);
            if (outcome.Output.Length > 0)
            {
                Assert.Contains("\"text\":\"Once upon a time,", outcome.Output, StringComparison.Ordinal);
                Assert.Contains("stopped before the end", outcome.Error, StringComparison.Ordinal);
                return;
            }
        }

        Assert.Fail("Nothing was generated within a minute.");
    }
}

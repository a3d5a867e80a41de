using System.Globalization;
using Interp.Hooks;
using Interp.Tests;

namespace Interp.Runtime.Tests.Model;

/// <summary>
/// What a run is planned to take, beside what a child process then takes: within 10 %, and 2 MiB for what the garbage collector and
/// the compiler take on the side.
/// </summary>
public sealed class MemoryPlanTests
{
    private const double Tolerance = 0.1;
    private const long Aside = 2 << 20;

    [Theory]
    [InlineData("learned")]
    [InlineData("parallel")]
    [InlineData("gated")]
    [InlineData("experts")]
    [InlineData("post-norm")]
    public void A_process_takes_the_memory_that_was_planned(string model)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("The memory of a process is read from /proc.");
        }

        foreach (string kind in new[] { "forward", "last", "standard", "results" })
        {
            foreach (string batch in new[] { "900", "150+40+260+100+64+64", "300" })
            {
                string line = Assert.Single(ProbeProcess.Run(["plan", model, kind, batch]));
                long[] bytes = [.. line.Split(' ').Select(n => long.Parse(n, CultureInfo.InvariantCulture))];
                foreach ((long planned, long taken) in new[] { (bytes[0], bytes[1]), (bytes[2], bytes[3]) })
                {
                    Assert.True(Math.Abs(taken - planned) <= (Tolerance * taken) + Aside, $"{kind} {batch}, planned and taken: {line}");
                }
            }
        }
    }

    [Fact]
    public void A_plan_counts_what_is_recorded_and_the_logits_that_are_asked_for()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        MemoryPlan plan = model.Plan([5, 3], new RunOptions { Observe = ["z0", "pattern1"], Logits = LogitRows.Last });
        ModelConfig c = model.Config;
        Assert.Equal(4L * c.NHeads * ((8 * c.DHead) + (5 * 5) + (3 * 3)), plan.Recorded);
        Assert.Equal(4L * 2 * c.DVocab, plan.Logits);
        Assert.Equal(model.Weights.Bytes, plan.Weights);
        Assert.Equal(plan.Weights + plan.Pass + plan.Recorded + plan.Logits, plan.Peak);
    }

    [Fact]
    public void A_run_that_needs_more_than_it_may_is_refused_before_it_begins()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        var batch = new TokenBatch([RandomModel.Tokens(6, 1), RandomModel.Tokens(4, 2)]);
        long needed = model.Plan(batch.Lengths).Run;
        model.Run(batch, new RunOptions { MemoryBudget = needed });
        string message = Assert.Throws<InvalidInputException>(
            () => model.Run(batch, new RunOptions { MemoryBudget = needed - 1 })).Message;
        Assert.Contains($"a run of 2 prompts with 10 tokens needs {needed} bytes", message, StringComparison.Ordinal);
        Assert.Contains($"allowed are {needed - 1}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Generation_that_needs_more_than_it_may_is_refused_before_it_begins()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        var prompt = new TokenBatch([RandomModel.Tokens(4, 1)]);
        foreach (bool cache in new[] { true, false })
        {
            var options = new GenerateOptions { MaxNewTokens = 3, UseCache = cache };
            long needed = model.PlanGeneration(prompt.Lengths, options).Run;
            model.Generate(prompt, options with { MemoryBudget = needed });
            Assert.Throws<InvalidInputException>(() => model.Generate(prompt, options with { MemoryBudget = needed - 1 }));
        }
    }
}

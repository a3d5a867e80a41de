using System.Text.Json;

namespace Interp.Cli.Tests.Commands;

public sealed class BenchCommandTests
{
    [Fact]
    public void Bench_times_every_kind_of_run_and_the_other_engine()
    {
        Outcome outcome = Tool.Demo("bench", "--batches", "1x4", "2x8", "--rounds", "1", "--max-new-tokens", "2", "--json");
        Assert.Equal(
            ["load", "forward", "forward_into", "writes", "head_results", "every_hook", "onnxruntime", "forward", "forward_into", "writes", "head_results", "every_hook",
            "onnxruntime", "generate",
            "process_peak"],
            outcome.Rows.Select(r => r.GetProperty("kind").GetString()));
        Assert.All(
            outcome.Rows.SkipLast(1), r => Assert.InRange(r.GetProperty("median_ms").GetDouble(), double.Epsilon, double.MaxValue));
        Assert.Equal(1, outcome.Rows[1].GetProperty("ratio_to_forward").GetDouble());
        Assert.Equal(1, outcome.Rows[2].GetProperty("ratio_to_forward_into").GetDouble());
        Assert.Equal(JsonValueKind.Null, outcome.Rows[^2].GetProperty("ratio_to_forward").ValueKind);
        Assert.Equal(JsonValueKind.Null, outcome.Rows[^2].GetProperty("ratio_to_forward_into").ValueKind);

        // One round: the quotient of its two times.
        double own = outcome.Rows[6].GetProperty("median_ms").GetDouble(), reference = outcome.Rows[2].GetProperty("median_ms").GetDouble();
        Assert.Equal(own / reference, outcome.Rows[6].GetProperty("ratio_to_forward_into").GetDouble(), 1e-12 * own / reference);
    }

    [Fact]
    public void Without_the_other_engine_it_is_not_timed() => Assert.DoesNotContain(
        "onnxruntime", Tool.Demo("bench", "--batches", "1x4", "--rounds", "1", "--no-onnx").Succeeded().Output, StringComparison.Ordinal);

    [Fact]
    public void A_model_or_a_geometry_is_needed() => Tool.Refuses(["bench"], "--model and --geometry", "found none");

    [Fact]
    public void An_unknown_geometry_is_refused() => Tool.Refuses(
        ["bench", "--geometry", "gpt5"], "geometry 'gpt5'", "expected one of gpt2-small");

    [Theory]
    [InlineData("8")]
    [InlineData("0x4")]
    [InlineData("1x33")]
    public void A_batch_that_is_none_or_too_long_is_refused(string batch) => Tool.Refuses(
        ["bench", "--model", "demo", "--batches", batch], "--batches", "at most 32", $"found '{batch}'");
}

using System.Text.Json;
using Interp.Tests;

namespace Interp.Cli.Tests.Commands;

public sealed class InfoCommandTests
{
    [Fact]
    public void Info_tells_the_sizes_of_a_directory()
    {
        using var work = new Workspace();
        JsonElement row = Assert.Single(Tool.Run("info", "--model", work.PutModel(), "--json").Rows);
        Assert.Equal("gpt2", row.GetProperty("family").GetString());
        Assert.Equal(2, row.GetProperty("n_layers").GetInt32());
        // 23 x 16 words, 12 x 16 positions, per layer 3200 weights, 144 biases, 64 of the norms, and 32 of the final norm.
        Assert.Equal((23 * 16) + (12 * 16) + (2 * (3072 + 144 + 64)) + 32, row.GetProperty("parameters").GetDouble());
        double recorded = row.GetProperty("weight_bytes").GetDouble() + row.GetProperty("activation_bytes").GetDouble();
        Assert.InRange(row.GetProperty("peak_bytes").GetDouble(), recorded, 3 * recorded);
        Assert.InRange(
            row.GetProperty("forward_peak_bytes").GetDouble(), row.GetProperty("weight_bytes").GetDouble(),
            row.GetProperty("peak_bytes").GetDouble());
        Assert.Equal(JsonValueKind.Null, row.GetProperty("tokenizer").ValueKind);
        Assert.Equal("F32", row.GetProperty("stored_types").GetString());
        Assert.Equal(4 * row.GetProperty("parameters").GetDouble(), row.GetProperty("stored_bytes").GetDouble());
    }

    [Fact]
    public void Info_tells_how_a_gguf_file_stores_its_weights()
    {
        string path = Fixtures.Require("gguf/tinyllm.gguf");
        JsonElement row = Assert.Single(Tool.Run("info", "--model", path, "--json").Rows);
        Assert.Equal("SentencePiece BPE", row.GetProperty("tokenizer").GetString());
        Assert.Equal(1_171_200, row.GetProperty("stored_bytes").GetDouble());
        Assert.Contains("F32 1.1 MiB in 48 tensors", Tool.Run("info", "--model", path).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Hooks_are_listed_with_shapes_for_a_prompt_length()
    {
        Outcome outcome = Tool.Demo("info", "--hooks", "--positions", "7", "--json");
        Assert.Equal(["hook", "site", "layer", "shape", "when"], outcome.Columns);
        JsonElement pattern = outcome.Rows.First(r => r.GetProperty("hook").GetString() == "blocks.1.attn.hook_pattern");
        Assert.Equal("4 7 7", pattern.GetProperty("shape").GetString());
    }

    [Fact]
    public void The_length_of_a_prompt_is_taken_when_one_is_given() => Assert.Equal(
        3, Tool.Demo("info", "--prompt", "Mary met", "--json").Rows[0].GetProperty("prompt_length").GetInt32());

    [Fact]
    public void People_get_a_table()
    {
        Outcome outcome = Tool.Demo("info", "--hooks").Succeeded();
        Assert.Contains("2 layers, d_model 160", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("blocks.0.attn.hook_z", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_length_beyond_the_context_is_refused() => Tool.Refuses(
        ["info", "--model", "demo", "--positions", "33"], "--positions", "at most 32", "found 33");
}

using Interp.Runtime.Weights;

namespace Interp.Cli.Tests.Commands;

public sealed class CacheCommandTests
{
    [Fact]
    public void Cache_writes_canonical_names_without_a_batch_axis()
    {
        using var work = new Workspace();
        string path = work.At("a.safetensors");
        Tool.Demo("cache", "--prompt", "Mary met", "--hooks", "z1", "blocks.*.hook_resid_pre", "--out", path).Succeeded();
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(
            ["blocks.0.hook_resid_pre", "blocks.1.hook_resid_pre", "blocks.1.attn.hook_z", "logits", "tokens"],
            file.Entries.Select(e => e.Name));
        Assert.Equal([3, 4, 32], file.Tensors["blocks.1.attn.hook_z"].Shape);
        Assert.Equal([3, 160], file.Tensors["blocks.0.hook_resid_pre"].Shape);
        Assert.Equal([3, 32], file.Tensors["logits"].Shape);
        Assert.Equal([0, 1, 5], file.ReadIntegers("tokens"));
    }

    [Fact]
    public void Several_prompts_are_told_apart_by_their_number()
    {
        using var work = new Workspace();
        string path = work.At("a.safetensors");
        Tool.Demo("cache", "--tokens", "0 1", "--tokens", "3 4 5", "--hooks", "z0", "--out", path).Succeeded();
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(
            ["0/blocks.0.attn.hook_z", "0/logits", "0/tokens", "1/blocks.0.attn.hook_z", "1/logits", "1/tokens"],
            file.Entries.Select(e => e.Name));
        Assert.Equal([3, 4, 32], file.Tensors["1/blocks.0.attn.hook_z"].Shape);
    }

    [Fact]
    public void Without_hooks_all_standard_points_are_recorded()
    {
        using var work = new Workspace();
        string path = work.At("a.safetensors");
        Tool.Run("cache", "--model", work.PutModel(), "--tokens", "1 2", "--out", path).Succeeded();
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Contains("blocks.1.mlp.hook_post", file.Tensors.Keys);
        Assert.Contains("ln_final.hook_scale", file.Tensors.Keys);
        Assert.DoesNotContain("blocks.0.hook_attn_in", file.Tensors.Keys);
    }

    [Fact]
    public void Metadata_says_where_the_file_came_from()
    {
        using var work = new Workspace();
        string path = work.At("a.safetensors");
        Tool.Demo("cache", "--prompt", "Mary met", "--hooks", "z1", "--out", path).Succeeded();
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal("cache", file.Metadata["interp.table"]);
        Assert.StartsWith("cache --model demo --prompt 'Mary met'", file.Metadata["interp.command"], StringComparison.Ordinal);
        Assert.Equal(64, file.Metadata["interp.model_sha256"].Length);
        Assert.Equal(64, file.Metadata["interp.result_sha256"].Length);
        Assert.Contains(file.Metadata["interp.kernel_tier"], new[] { "scalar", "128", "256", "512" });
    }

    [Fact]
    public void Only_a_safetensors_file_is_written()
    {
        Tool.Refuses(["cache", "--model", "demo", "--tokens", "1"], "--out: expected a file ending in .safetensors or .arrow, or a folder");
        Tool.Refuses(["cache", "--model", "demo", "--tokens", "1", "--out", "a.csv"], "a.csv", ".safetensors");
    }

    [Fact]
    public void An_unknown_hook_is_refused_and_nothing_is_written()
    {
        using var work = new Workspace();
        Tool.Refuses(
            ["cache", "--model", "demo", "--tokens", "1", "--hooks", "mlp_oot0", "--out", work.At("a.safetensors")],
            "hook 'mlp_oot0'");
        Assert.Empty(work.Entries);
    }
}

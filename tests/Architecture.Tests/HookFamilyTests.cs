using System.Text;
using Interp.Hooks;
using Interp.Runtime;
using Interp.Runtime.Families;

namespace Interp.Architecture.Tests;

/// <summary>
/// The table of hook points by family in docs/hooks.md is that of the code. Run the test once with INTERP_UPDATE_DOCS=1 to write
/// it anew.
/// </summary>
public sealed class HookFamilyTests
{
    private const string Page = "docs/hooks.md";
    private const string Begin = "<!-- family table: begin -->";
    private const string End = "<!-- family table: end -->";

    // Sizes under the names of every family; what decides which points there are, the families choose by default or the variant.
    private const string Sizes = """
        "hidden_size":32,"n_embd":32,"dim":32,"num_attention_heads":4,"n_head":4,"n_heads":4,"num_heads":4,"num_hidden_layers":2,"n_layer":2,
        "n_layers":2,"num_layers":2,"intermediate_size":32,"ffn_dim":32,"hidden_dim":32,"vocab_size":11,"max_position_embeddings":32,"n_positions":32,
        "type_vocab_size":2,"head_dim":8,"rotary_dim":2,"rotary_pct":0.5,"pad_token_id":1,"word_embed_proj_dim":32,"num_key_value_heads":2,
        "num_local_experts":4,"num_experts_per_tok":2,"attention_types":[[["global","local"],1]],"window_size":8,"layer_norm_eps":1e-5,
        "query_pre_attn_scalar":4,"rms_norm_eps":1e-6,"attention_layers":["global","local"]
        """;

    private static readonly (string Name, string Settings)[] Families =
    [
        .. ModelFamily.Names.Where(n => n != "hooked_transformer").Select(name => (name, "")),
        ("opt", "\"do_layer_norm_before\":false"), ("falcon", "\"alibi\":true"), ("falcon", "\"new_decoder_architecture\":true"),
        ("gpt_neox", "\"use_parallel_residual\":false"), ("stablelm", "\"qk_layernorm\":true"), ("stablelm", "\"use_parallel_residual\":true"),
    ];

    // Not points of their own: every model has the same of each, or they fire on request.
    private static readonly HookKind[] Common =
        [.. HookTable.Rows.Where(r => r.OnRequest || r.Presence.Absent.Length == 0).Select(r => r.Kind)];

    [Fact]
    public void The_page_has_the_hook_points_of_every_family()
    {
        string text = Repository.Read(Page);
        int from = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        int to = text.IndexOf(End, StringComparison.Ordinal);
        string expected = text[..from] + "\n" + Table() + text[to..];
        if (Environment.GetEnvironmentVariable("INTERP_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(Path.Combine(Repository.Root, Page), expected);
            return;
        }

        Assert.True(text == expected, $"{Page} is out of date; write its table anew by running this test with INTERP_UPDATE_DOCS=1");
    }

    private static string Table()
    {
        var table = new StringBuilder("| family | points besides those that every model has |\n|---|---|\n");
        var rows = Families.Select(f => (Label: Label(f), Points: Points(f))).GroupBy(row => row.Points);
        foreach (IGrouping<string, (string Label, string Points)> row in rows)
        {
            table.Append($"| {string.Join(", ", row.Select(r => r.Label))} | {row.Key} |\n");
        }

        return table.ToString();
    }

    private static string Label((string Name, string Settings) family) =>
        $"`{family.Name}`" + (family.Settings.Length == 0 ? "" : $" with {family.Settings.Replace("\"", "", StringComparison.Ordinal).Replace(":", " ", StringComparison.Ordinal)}");

    private static string Points((string Name, string Settings) family)
    {
        string settings = family.Settings.Length == 0 ? "" : "," + family.Settings;
        var reader = ConfigReader.Parse(family.Name, $$"""{"model_type":"{{family.Name}}",{{Sizes}}{{settings}}}""");
        ModelConfig config = ModelFamily.For(reader).ReadConfig(reader);
        var hooks = new HookMap(config.Outline);
        return string.Join(", ", hooks.AllPoints.Select(p => p.Kind).Distinct().Except(Common).Select(k => $"`{HookTable.Row(k).Site}`"));
    }
}

using System.Text.Json.Nodes;
using Interp.Runtime.Families;
using Interp.Runtime.Tests.Weights;

namespace Interp.Runtime.Tests.Families;

/// <summary>
/// Rotary positions against their definitions, computed once more in float64. Tolerance 2e-6 of a frequency: the library keeps them, the base's powers
/// and their quotients in float32, of which each rounds by 6e-8.
/// </summary>
public sealed class RotarySettingsTests
{
    private const double Tolerance = 2e-6;
    private const int Head = 16, Context = 256;

    // Families by the names of their sizes; head dimension 16, of which the second number is rotated where nothing is said.
    private static readonly (string Family, int Rotated, string Sizes)[] Rotary =
    [
        .. new[] { "llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "phi3", "olmo2", "mixtral" }.Select(f => (f, 16, Usual)),
        ("stablelm", 4, Usual), ("gpt_neox", 4, Usual.Replace("\"head_dim\":16,", "", StringComparison.Ordinal)),
        ("phi", 8, Usual.Replace("\"head_dim\":16,", "", StringComparison.Ordinal)),
        ("falcon", 16, """ "hidden_size":32,"num_attention_heads":2,"num_hidden_layers":2,"vocab_size":9,"max_position_embeddings":256 """),
    ];

    private const string Usual = """
        "hidden_size":32,"num_attention_heads":2,"num_hidden_layers":2,"intermediate_size":8,"vocab_size":9,"head_dim":16,"max_position_embeddings":256
        """;

    public static TheoryData<string> Families => [.. Rotary.Select(r => r.Family)];

    [Theory]
    [MemberData(nameof(Families))]
    public void Every_family_reads_what_transformers_5_writes(string family)
    {
        RotaryConfig whole = Read(family, """ "rope_parameters":{"rope_type":"default","rope_theta":500.0,"partial_rotary_factor":1.0} """);
        Close(Plain(16, 500), whole.InverseFrequencies(1));
        Assert.Equal(1, whole.AttentionFactor);
        RotaryConfig half = Read(family, """ "rope_parameters":{"rope_type":"linear","rope_theta":500.0,"partial_rotary_factor":0.5,"factor":3} """);
        Close([.. Plain(8, 500).Select(f => f / 3)], half.InverseFrequencies(1));
        Assert.Equal(Rotary.Single(r => r.Family == family).Rotated, Read(family, """ "rope_parameters":{"rope_theta":500.0} """).Dim);
        Assert.Equal(RotaryScalingKind.Yarn, Read(family, """ "rope_scaling":{"type":"yarn","factor":2} """).Scaling!.Kind);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Every_family_refuses_what_it_cannot_read(string family)
    {
        foreach ((string settings, string[] words) in new (string, string[])[]
        {
            (""" "rope_parameters":{"rope_type":"proportional","factor":2} """, ["rope_parameters: rope_type 'proportional'"]),
            (""" "rope_scaling":{"type":"mrope","mrope_section":[1,2]} """, ["rope_scaling: rope_type 'mrope'"]),
            (""" "rope_scaling":{"rope_type":"linear","type":"yarn","factor":2} """, ["'linear' and type 'yarn' contradict"]),
            (""" "rope_scaling":{"rope_type":"linear","factor":2,"mscale":1} """, ["rope_scaling", "'mscale'"]),
            (""" "rope_scaling":{"rope_type":"yarn","factor":2,"beta_quick":8} """, ["'beta_quick'", "'beta_fast'"]),
            (""" "rope_scaling":{"rope_type":"linear"} """, ["factor: expected a number, found nothing"]),
            (""" "rope_scaling":{"rope_type":"linear","factor":0.5} """, ["factor: expected a number of at least 1, found 0.5"]),
            (""" "rope_scaling":{"rope_type":"yarn"} """, ["factor: expected a number, found nothing"]),
            (""" "rope_scaling":{"rope_type":"dynamic","factor":2,"original_max_position_embeddings":64} """, ["expected 256, found 64"]),
            (""" "rope_scaling":{"rope_type":"linear","factor":2},"rope_parameters":{"rope_type":"default"} """, ["contradict each other"]),
            (""" "rope_parameters":{"full_attention":{"rope_type":"default"},"sliding_attention":{"rope_type":"default"}} """, ["'full_attention'"]),
            (""" "rope_theta":100,"rope_parameters":{"rope_theta":500} """, ["rope_theta: expected 100 as rope_theta says, found 500"]),
            (""" "rope_theta":0 """, ["rope_theta: expected a number above 0, found 0"]),
            (""" "original_max_position_embeddings":32,"rope_scaling":{"type":"yarn","factor":2,"original_max_position_embeddings":64} """,
                ["expected 32 as beside it, found 64"]),
        })
        {
            Refused.With(() => Read(family, settings), words);
        }
    }

    [Fact]
    public void Two_objects_that_agree_are_read_as_one()
    {
        RotaryConfig rotary = Read(
            "llama",
            """ "rope_theta":500,"rope_scaling":{"type":"linear","factor":2},"rope_parameters":{"rope_type":"linear","factor":2,"rope_theta":500} """);
        Close([.. Plain(16, 500).Select(f => f / 2)], rotary.InverseFrequencies(1));
    }

    // Peng et al. 2023, "YaRN", and transformers 5, modeling_rope_utils: a ramp from the dimension that turns beta_fast times within the original
    // context to the one that turns beta_slow times.
    [Theory]
    [InlineData("""{"rope_type":"yarn","factor":4}""", 256, 4, 32, 1, true, null)]
    [InlineData("""{"rope_type":"yarn","factor":4,"original_max_position_embeddings":64}""", 64, 4, 32, 1, true, null)]
    [InlineData("""{"rope_type":"yarn","original_max_position_embeddings":64}""", 64, 4, 32, 1, true, null)]
    [InlineData("""{"rope_type":"yarn","factor":null,"original_max_position_embeddings":32}""", 32, 8, 32, 1, true, null)]
    [InlineData("""{"rope_type":"yarn","factor":3,"original_max_position_embeddings":64}""", 64, 3, 32, 1, true, null)]
    [InlineData("""{"rope_type":"yarn","factor":4,"original_max_position_embeddings":64,"truncate":false}""", 64, 4, 32, 1, false, null)]
    [InlineData("""{"rope_type":"yarn","factor":4,"beta_fast":8,"beta_slow":2,"truncate":false}""", 256, 4, 8, 2, false, null)]
    [InlineData("""{"rope_type":"yarn","factor":4,"attention_factor":0.7}""", 256, 4, 32, 1, true, 0.7)]
    [InlineData("""{"rope_type":"yarn","factor":4,"mscale":1.0,"mscale_all_dim":1.0}""", 256, 4, 32, 1, true, 1.0)]
    [InlineData("""{"rope_type":"yarn","factor":4,"mscale":0.707,"mscale_all_dim":0.5}""", 256, 4, 32, 1, true, 1.0268361529)]
    [InlineData("""{"rope_type":"yarn","factor":4,"mscale":2.0}""", 256, 4, 32, 1, true, null)]
    [InlineData("""{"rope_type":"yarn","factor":1,"mscale":2.0,"mscale_all_dim":0.5}""", 256, 1, 32, 1, true, 1.0)]
    public void Yarn_is_that_of_its_definition(
        string settings, int original, double factor, double fast, double slow, bool truncate, double? attention)
    {
        RotaryConfig rotary = Read("llama", $"\"rope_scaling\":{settings}");
        double Dimension(double turns) => Head * Math.Log(original / (turns * 2 * Math.PI)) / (2 * Math.Log(10000));
        double low = Dimension(fast), high = Dimension(slow);
        if (truncate)
        {
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        }

        (low, high) = (Math.Max(low, 0), Math.Min(high, Head - 1));
        double[] plain = Plain(Head, 10000);
        double[] expected = [.. plain.Select((f, i) =>
        {
            double kept = 1 - Math.Clamp((i - low) / (high == low ? 0.001 : high - low), 0, 1);
            return (f / factor * (1 - kept)) + (f * kept);
        })];
        Close(expected, rotary.InverseFrequencies(1));
        Assert.Equal(attention ?? (0.1 * Math.Log(factor)) + 1, rotary.AttentionFactor, 2e-7);
        Assert.False(rotary.DependsOnLength);
    }

    // Ding et al. 2024, "LongRoPE", as Phi-3 has it.
    [Fact]
    public void LongRope_has_other_divisors_beyond_the_original_context()
    {
        double[] close = [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7], far = [1, 2, 3, 4, 5, 6, 7, 8];
        string lists = $"\"short_factor\":[{string.Join(',', close)}],\"long_factor\":[{string.Join(',', far)}]";
        foreach (string type in new[] { "longrope", "su" })
        {
            RotaryConfig rotary = Read("phi3", $$""" "original_max_position_embeddings":64,"rope_scaling":{"type":"{{type}}",{{lists}}} """);
            double[] plain = Plain(Head, 10000);
            Close([.. plain.Zip(close, (f, d) => f / d)], rotary.InverseFrequencies(64));
            Close([.. plain.Zip(far, (f, d) => f / d)], rotary.InverseFrequencies(65));
            Assert.Equal(Math.Sqrt(1 + (Math.Log(4) / Math.Log(64))), rotary.AttentionFactor, 2e-7);
            Assert.True(rotary.DependsOnLength);
        }

        Assert.Equal(1.5, Read("phi3", $$""" "rope_scaling":{"type":"longrope","attention_factor":1.5,{{lists}}} """).AttentionFactor, 1e-7);
        Assert.Equal(1, Read("phi3", $$""" "rope_scaling":{"type":"longrope",{{lists}}} """).AttentionFactor);
        Refused.With(
            () => Read("phi3", """ "rope_scaling":{"type":"longrope","short_factor":[1],"long_factor":[1]} """),
            "short_factor: expected 8 numbers above 0", "found 1");
    }

    [Fact]
    public void Llama_3_takes_the_original_context_from_either_place()
    {
        const string scaling = "\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":1,\"high_freq_factor\":4";
        RotaryConfig inside = Read("llama", $$""" "rope_scaling":{{{scaling}},"original_max_position_embeddings":32} """);
        RotaryConfig beside = Read("llama", $$""" "original_max_position_embeddings":32,"rope_scaling":{{{scaling}}} """);
        double[] expected = [.. Plain(Head, 10000).Select(f =>
        {
            double wavelength = 2 * Math.PI / f, smooth = ((32 / wavelength) - 1) / 3;
            return wavelength < 8 ? f : wavelength > 32 ? f / 8 : ((1 - smooth) * f / 8) + (smooth * f);
        })];
        Close(expected, inside.InverseFrequencies(1));
        Close(expected, beside.InverseFrequencies(1));
    }

    private static double[] Plain(int dimension, double theta) =>
        [.. Enumerable.Range(0, dimension / 2).Select(i => Math.Pow(theta, -2.0 * i / dimension))];

    private static void Close(double[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < found.Length; i++)
        {
            Assert.Equal(1, found[i] / expected[i], Tolerance);
        }
    }

    private static RotaryConfig Read(string family, string settings)
    {
        (_, _, string sizes) = Rotary.Single(r => r.Family == family);
        var config = ConfigReader.Parse("config.json", $$"""{"model_type":"{{family}}",{{sizes}},{{settings}}}""");
        return ModelFamily.For(config).Resolve(config).Rotary!;
    }
}

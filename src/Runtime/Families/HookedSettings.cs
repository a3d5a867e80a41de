namespace Interp.Runtime.Families;

/// <summary>Settings of TransformerLens' HookedTransformerConfig whose reading takes more than a line.</summary>
internal static class HookedSettings
{
    /// <summary>The norms.</summary>
    public static NormKind Norm(ConfigReader config)
    {
        string name = config.IsNull("normalization_type") ? "none" : config.Text("normalization_type", "LN");
        bool finalRms = config.Flag("final_rms", false);
        return name switch
        {
            "LN" or "LNPre" when finalRms => throw new InvalidInputException(
                $"{config.Path}: final_rms with normalization_type '{name}' is not supported"),
            "LN" or "LNPre" => NormKind.LayerNorm,
            "RMS" or "RMSPre" => NormKind.Rms,
            "none" => NormKind.None,
            _ => throw new InvalidInputException($"{config.Path}: normalization_type '{name}' is not supported"),
        };
    }

    /// <summary>Rotary positions; null in a model that has others, whose rotary settings count for nothing.</summary>
    public static RotaryConfig? Rotary(ConfigReader config, bool rotary, int head)
    {
        if (!rotary)
        {
            config.Accept(
                "rotary_dim", "rotary_base", "rotary_adjacent_pairs", "use_NTK_by_parts_rope", "NTK_by_parts_factor", "NTK_original_ctx_len",
                "NTK_by_parts_low_freq_factor", "NTK_by_parts_high_freq_factor");
            return null;
        }

        // The file's names for Llama 3.1's length extension, with its numbers where they are left out.
        var scaling = new RotaryScaling(
            RotaryScalingKind.Llama3, config.Number("NTK_by_parts_factor", 8), config.Int("NTK_original_ctx_len", 8192))
        {
            LowFrequencyFactor = config.Number("NTK_by_parts_low_freq_factor", 1),
            HighFrequencyFactor = config.Number("NTK_by_parts_high_freq_factor", 4),
        };
        bool scaled = config.Flag("use_NTK_by_parts_rope", false);
        if (scaled && !(scaling.Factor > 0 && scaling.OriginalContext > 0 && scaling.HighFrequencyFactor > scaling.LowFrequencyFactor))
        {
            throw new InvalidInputException($"{config.Path}: use_NTK_by_parts_rope: expected NTK_by_parts_factor and NTK_original_ctx_len above 0 "
                + "and NTK_by_parts_high_freq_factor above NTK_by_parts_low_freq_factor, found "
                + $"{scaling.Factor}, {scaling.OriginalContext}, {scaling.HighFrequencyFactor} and {scaling.LowFrequencyFactor}");
        }

        return new RotaryConfig(
            config.Int("rotary_dim", head), config.Number("rotary_base", 10000), config.Flag("rotary_adjacent_pairs", false),
            scaled ? scaling : null);
    }

    /// <summary>The local window of each layer; null when attention is global everywhere.</summary>
    public static IReadOnlyList<int?>? Windows(ConfigReader config, int layers)
    {
        if (!config.Flag("use_local_attn", false))
        {
            config.Accept("window_size", "attn_types");
            return null;
        }

        int window = config.Int("window_size");
        IReadOnlyList<string> types = config.Texts("attn_types") ?? [];
        if (window < 1 || types.Count != layers || !types.All(type => type is "global" or "local"))
        {
            throw new InvalidInputException($"{config.Path}: use_local_attn: expected a window_size of at least 1 and {layers} attn_types that are "
                + $"global or local, found {window} and {(types.Count == 0 ? "none" : string.Join(", ", types))}");
        }

        return [.. types.Select(type => type == "local" ? window : (int?)null)];
    }

    /// <summary>Factor on q·k.</summary>
    public static float Scale(ConfigReader config, int head)
    {
        // TransformerLens writes -1 for "the usual square root of d_head".
        double divisor = config.Number("attn_scale", -1);
        return !config.Flag("use_attn_scale", true) ? 1f : divisor > 0 ? (float)(1 / divisor) : 1f / MathF.Sqrt(head);
    }

    /// <summary>A soft-cap; null where there is none, for which TransformerLens writes -1.</summary>
    public static float? SoftCap(ConfigReader config, string field) =>
        config.Number(field, -1) is var cap && cap > 0 ? (float)cap : null;
}

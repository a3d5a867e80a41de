namespace Interp.Runtime.Families;

/// <summary>What a family has where its settings say nothing, and under which names it has settings outside of the rotary object.</summary>
/// <param name="Share">Rotated share of each head.</param>
/// <param name="Base">Base of the frequencies.</param>
internal sealed record RotaryDefaults(double Share = 1, double Base = 10000)
{
    /// <summary>Names of the share.</summary>
    public IReadOnlyList<string> ShareNames { get; init; } = ["partial_rotary_factor"];

    /// <summary>Names of the base.</summary>
    public IReadOnlyList<string> BaseNames { get; init; } = ["rope_theta"];
}

/// <summary>
/// Reads rotary positions, the same way for all families: base and share stand beside the object <c>rope_scaling</c> or, as
/// transformers 5 writes them, in the object <c>rope_parameters</c>. Reference: transformers 5, modeling_rope_utils.
/// </summary>
internal static class RotarySettings
{
    private const string Original = "original_max_position_embeddings";
    private static readonly string[] Objects = ["rope_parameters", "rope_scaling"];
    private static readonly HashSet<string> Harmless = new(["finetuned"], StringComparer.Ordinal);

    /// <summary>The rotary positions of a model.</summary>
    /// <param name="config">The settings.</param>
    /// <param name="head">Dimension of a head.</param>
    /// <param name="context">What <c>max_position_embeddings</c> says.</param>
    /// <param name="defaults">What the family has where nothing is said.</param>
    /// <exception cref="InvalidInputException">A setting is wrong, not known, or contradicts another.</exception>
    public static RotaryConfig Read(ConfigReader config, int head, int context, RotaryDefaults? defaults = null)
    {
        defaults ??= new RotaryDefaults();
        RotaryConfig? resolved = null;
        foreach (string name in Objects)
        {
            if (config.Object(name) is not { } settings)
            {
                continue;
            }

            RotaryConfig found = Resolve(config, settings, head, context, defaults);
            if (resolved is not null && !Same(resolved, found, context))
            {
                throw new InvalidInputException($"{config.Path}: rope_parameters and rope_scaling contradict each other: "
                    + "expected both to mean the same positions, or one of them");
            }

            resolved = found;
        }

        return resolved ?? Resolve(config, null, head, context, defaults);
    }

    /// <summary>Makes the settings known to a model of the family that has no rotary positions.</summary>
    public static void Accept(ConfigReader config) => config.Accept(["rope_theta", "partial_rotary_factor", .. Objects]);

    private static RotaryConfig Resolve(
        ConfigReader config, ConfigReader? settings, int head, int context, RotaryDefaults defaults)
    {
        double share = Agreed(config, defaults.ShareNames, settings, "partial_rotary_factor") ?? defaults.Share;
        double rotaryBase = Agreed(config, defaults.BaseNames, settings, "rope_theta") ?? defaults.Base;
        if (!(rotaryBase > 0 && double.IsFinite(rotaryBase)))
        {
            throw new InvalidInputException($"{config.Path}: rope_theta: expected a number above 0, found {rotaryBase}");
        }

        int dimension = (int)(head * share);
        int? outside = config.OptionalInt(Original);
        RotaryScaling? scaling = settings is null ? null : Scaling(settings, outside, context);
        if (scaling is { Kind: RotaryScalingKind.LongRope })
        {
            RequireCount(settings!, "short_factor", scaling.ShortFactors, dimension / 2);
            RequireCount(settings!, "long_factor", scaling.LongFactors, dimension / 2);
        }

        settings?.RefuseUnknown("rotary positions of this type", Harmless);
        return new RotaryConfig(dimension, rotaryBase, Scaling: scaling);
    }

    private static RotaryScaling? Scaling(ConfigReader settings, int? outside, int context)
    {
        string type = settings.Text("rope_type", settings.Text("type", "default"));
        if (settings.Text("type", type) is var older && older != type)
        {
            throw new InvalidInputException($"{settings.Path}: rope_type '{type}' and type '{older}' contradict each other");
        }

        return type switch
        {
            "default" => Plain(settings, null),
            "linear" => Plain(settings, new RotaryScaling(RotaryScalingKind.Linear, Factor(settings), context)),
            "dynamic" => Dynamic(settings, context),
            "yarn" => Yarn(settings, outside, context),
            "llama3" => new RotaryScaling(RotaryScalingKind.Llama3, Factor(settings), OriginalContext(settings, outside, context))
            {
                LowFrequencyFactor = settings.Number("low_freq_factor", 1),
                HighFrequencyFactor = settings.Number("high_freq_factor", 4),
            },
            // Phi-3 called it su at first.
            "longrope" or "su" => LongRope(settings, outside, context),
            _ => throw new InvalidInputException($"{settings.Path}: rope_type '{type}' is not supported; "
                + "expected default, linear, dynamic, yarn, llama3 or longrope"),
        };
    }

    // These do not depend on the original context.
    private static RotaryScaling? Plain(ConfigReader settings, RotaryScaling? scaling)
    {
        settings.Accept(Original);
        return scaling;
    }

    // The dynamic kind stretches from max_position_embeddings, which is then the original context.
    private static RotaryScaling Dynamic(ConfigReader settings, int context)
    {
        settings.Only(Original, context);
        return new RotaryScaling(RotaryScalingKind.Dynamic, Factor(settings), context);
    }

    private static RotaryScaling Yarn(ConfigReader settings, int? outside, int context)
    {
        int original = OriginalContext(settings, outside, context);

        // Without a factor it is how far the context was stretched; where nothing tells that, the factor is missing.
        bool told = original != context && !settings.Has("factor");
        double factor = told ? AtLeastOne(settings, (double)context / original) : Factor(settings);
        return new RotaryScaling(RotaryScalingKind.Yarn, factor, original)
        {
            BetaFast = settings.Number("beta_fast", 32) is var fast && fast != 0 ? fast : 32,
            BetaSlow = settings.Number("beta_slow", 1) is var slow && slow != 0 ? slow : 1,
            Truncate = settings.Flag("truncate", true),
            AttentionFactor = AttentionFactor(settings),
            Mscale = settings.Number("mscale", 0),
            MscaleAllDim = settings.Number("mscale_all_dim", 0),
        };
    }

    private static RotaryScaling LongRope(ConfigReader settings, int? outside, int context)
    {
        int original = OriginalContext(settings, outside, context);
        double factor = settings.Has("factor") ? Factor(settings) : (double)context / original;
        return new RotaryScaling(RotaryScalingKind.LongRope, factor, original)
        {
            ShortFactors = settings.Numbers("short_factor"),
            LongFactors = settings.Numbers("long_factor"),
            AttentionFactor = AttentionFactor(settings),
        };
    }

    private static double Factor(ConfigReader settings) => AtLeastOne(settings, settings.Number("factor"));

    private static double AtLeastOne(ConfigReader settings, double factor) => factor >= 1 && double.IsFinite(factor)
        ? factor
        : throw new InvalidInputException($"{settings.Path}: factor: expected a number of at least 1, found {factor}");

    private static double? AttentionFactor(ConfigReader settings) =>
        settings.Has("attention_factor") ? settings.Number("attention_factor") : null;

    private static int OriginalContext(ConfigReader settings, int? outside, int context)
    {
        int original = settings.Int(Original, outside ?? context);
        return original >= 1 && (outside is null || outside == original) ? original : throw new InvalidInputException(
            $"{settings.Path}: {Original}: expected {(outside is null ? "at least 1" : $"{outside} as beside it")}, found {original}");
    }

    private static void RequireCount(ConfigReader settings, string name, IReadOnlyList<double> factors, int count)
    {
        if (factors.Count != count || !factors.All(f => f > 0 && double.IsFinite(f)))
        {
            throw new InvalidInputException($"{settings.Path}: {name}: expected {count} numbers above 0, one for each pair of "
                + $"rotated dimensions, found {factors.Count}");
        }
    }

    /// <summary>A number that may stand in several places, which must then agree; null where it stands in none.</summary>
    private static double? Agreed(ConfigReader config, IReadOnlyList<string> names, ConfigReader? settings, string name)
    {
        (string Place, double Value)? found = null;
        foreach ((ConfigReader? reader, string field) in names.Select(n => ((ConfigReader?)config, n)).Append((settings, name)))
        {
            if (reader is null || !reader.Has(field))
            {
                continue;
            }

            double value = reader.Number(field);
            if (found is { } other && other.Value != value)
            {
                throw new InvalidInputException(
                    $"{reader.Path}: {field}: expected {other.Value} as {other.Place} says, found {value}");
            }

            found = (field, value);
        }

        return found?.Value;
    }

    private static bool Same(RotaryConfig a, RotaryConfig b, int context) =>
        a.Dim == b.Dim && a.AttentionFactor == b.AttentionFactor && a.DependsOnLength == b.DependsOnLength
        && new[] { 1, context, 4L * context }.All(length => a.InverseFrequencies((int)Math.Min(length, int.MaxValue)).AsSpan()
            .SequenceEqual(b.InverseFrequencies((int)Math.Min(length, int.MaxValue))));
}

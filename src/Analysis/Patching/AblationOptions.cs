using Interp.Hooks;

namespace Interp.Analysis;

/// <summary>What takes the place of an activation, and where it comes from.</summary>
public sealed record AblationOptions
{
    private static readonly string[] KindNames = ["zero", "mean", "mean-pos", "resample"];

    /// <summary>What takes its place.</summary>
    public AblationKind Kind { get; init; } = AblationKind.Zero;

    /// <summary>
    /// Whether means by position and donors come from prompts of the same group only (<see cref="PromptPair.Group"/>), such as
    /// one template (Wang et al. 2022).
    /// </summary>
    public bool ByGroup { get; init; }

    /// <summary>The prompts that means and donors come from; empty = the prompts that are ablated.</summary>
    public IReadOnlyList<PromptPair> Reference { get; init; } = [];

    /// <summary>Seed of the choice of donors.</summary>
    public int Seed { get; init; }

    /// <summary>Name in tables and on the command line.</summary>
    public string Name => ByGroup ? KindNames[(int)Kind].Replace("-pos", "", StringComparison.Ordinal) + "-group" : KindNames[(int)Kind];

    /// <summary>Reads the name of a kind of ablation.</summary>
    /// <param name="name">zero, mean, mean-pos, mean-group, resample or resample-group.</param>
    /// <exception cref="InvalidInputException">The name is unknown.</exception>
    public static AblationOptions Parse(string name) => Array.IndexOf(KindNames, name) switch
    {
        >= 0 and var index => new AblationOptions { Kind = (AblationKind)index },
        _ when name == "mean-group" => new AblationOptions { Kind = AblationKind.MeanByPosition, ByGroup = true },
        _ when name == "resample-group" => new AblationOptions { Kind = AblationKind.Resample, ByGroup = true },
        _ => throw new InvalidInputException(
            $"with '{name}': expected one of {string.Join(", ", KindNames)}, mean-group, resample-group, noise"),
    };
}

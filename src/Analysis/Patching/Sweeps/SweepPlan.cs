using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>What a sweep runs: cells times prompts, and what each of them changes.</summary>
/// <param name="Name">Name of the experiment, with everything that changes what it measures but is seen in no cell.</param>
/// <param name="Pairs">The prompts and their answers.</param>
/// <param name="Prompts">The runs that are changed, one for each pair.</param>
/// <param name="Cells">Number of cells.</param>
/// <param name="Intervene">What a cell changes in a prompt.</param>
internal sealed record SweepPlan(
    string Name,
    IReadOnlyList<PromptPair> Pairs,
    TokenBatch Prompts,
    int Cells,
    Func<int, int, IReadOnlyList<Intervention>> Intervene)
{
    /// <summary>A cell in journals; no two are the same.</summary>
    public required Func<int, string> Describe { get; init; }

    /// <summary>Whether a prompt has a cell.</summary>
    public Func<int, int, bool> Has { get; init; } = (_, _) => true;

    /// <summary>The points that a cell replaces with values that are recorded for it; none where nothing is.</summary>
    public Func<int, IReadOnlyList<HookPoint>> Points { get; init; } = _ => [];

    /// <summary>Interventions of the base run of each prompt; empty = none.</summary>
    public IReadOnlyList<IReadOnlyList<Intervention>> Base { get; init; } = [];

    /// <summary>For each prompt the run that values are taken from, if one; empty = none (<see cref="VariantOptions.Sources"/>).</summary>
    public IReadOnlyList<ActivationCache> Sources { get; init; } = [];

    /// <summary>What runs need that is made a part of the sweep at a time; null = everything is at hand.</summary>
    public SweepStages? Stages { get; init; }

    /// <summary>How many runs make one row.</summary>
    public int RunsPerRow { get; init; } = 1;

    /// <summary>The runs of the sweep, cell by cell.</summary>
    public SweepItems Items() => new(Cells, Prompts.Count, Has);
}

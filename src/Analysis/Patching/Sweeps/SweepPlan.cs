using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>What a sweep runs: cells times prompts, and what each of them changes.</summary>
/// <param name="Name">Name of the experiment, with everything that changes what it measures but is seen in no cell.</param>
/// <param name="Pairs">The prompts and their answers.</param>
/// <param name="Prompts">The runs that are changed, one for each pair.</param>
/// <param name="Cells">The cells.</param>
/// <param name="Intervene">What a cell changes in a prompt.</param>
internal sealed record SweepPlan(
    string Name,
    IReadOnlyList<PromptPair> Pairs,
    TokenBatch Prompts,
    IReadOnlyList<SweepCell> Cells,
    Func<SweepCell, int, IReadOnlyList<Intervention>> Intervene)
{
    /// <summary>Whether a prompt has a cell.</summary>
    public required Func<SweepCell, int, bool> Has { get; init; }

    /// <summary>Interventions of the base run of each prompt; empty = none.</summary>
    public IReadOnlyList<IReadOnlyList<Intervention>> Base { get; init; } = [];

    /// <summary>For each prompt the run that values are taken from, if one; empty = none (<see cref="VariantOptions.Sources"/>).</summary>
    public IReadOnlyList<ActivationCache> Sources { get; init; } = [];

    /// <summary>What runs need that is made a part of the sweep at a time; null = everything is at hand.</summary>
    public SweepStages? Stages { get; init; }

    /// <summary>How many runs make one row.</summary>
    public int RunsPerRow { get; init; } = 1;

    /// <summary>The runs of the sweep, cell by cell.</summary>
    public SweepItems Items() => new(Cells.Count, Prompts.Count, (cell, prompt) => Has(Cells[cell], prompt));
}

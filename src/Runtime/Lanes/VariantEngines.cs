namespace Interp.Runtime;

/// <summary>The engines, by name; the one place where an engine is chosen.</summary>
public static class VariantEngines
{
    private static readonly IVariantEngine[] Engines = [new LaneEngine(), new NaiveEngine()];

    /// <summary>Names on the command line, the default first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Engines.Select(e => e.Name)];

    /// <summary>The engine that is used when none is chosen.</summary>
    public static IVariantEngine Default => Engines[0];

    /// <summary>Finds an engine.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="InvalidInputException">There is none of that name.</exception>
    public static IVariantEngine Parse(string name) => Array.Find(Engines, e => e.Name == name)
        ?? throw new InvalidInputException($"engine '{name}': expected one of {string.Join(", ", Names)}");
}

namespace Interp.Hooks;

/// <summary>
/// Which source positions a destination can attend to in one layer: itself and, unless causal, both sides, each as far as the
/// window goes.
/// </summary>
/// <param name="Causal">Whether later positions are hidden.</param>
/// <param name="Window">Positions seen on a side, the own one included; null = unlimited.</param>
public readonly record struct AttentionReach(bool Causal, int? Window)
{
    /// <summary>First source position that is seen.</summary>
    /// <param name="destination">Destination position.</param>
    public int First(int destination) => Window is int window ? (int)Math.Max(0, destination - (long)window + 1) : 0;

    /// <summary>End of the source positions that are seen.</summary>
    /// <param name="destination">Destination position.</param>
    /// <param name="sources">Number of source positions.</param>
    public int End(int destination, int sources) => Causal
        ? (int)Math.Min(sources, destination + 1L)
        : Window is int window ? (int)Math.Min(sources, destination + (long)window) : sources;

    /// <summary>Whether a destination can attend to a source.</summary>
    /// <param name="destination">Destination position.</param>
    /// <param name="source">Source position.</param>
    public bool Sees(int destination, int source) =>
        source >= First(destination) && source < End(destination, int.MaxValue);
}

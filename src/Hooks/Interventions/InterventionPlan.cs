namespace Interp.Hooks;

/// <summary>
/// Interventions checked against a model and a batch, ready to be applied while the model runs. What could never take
/// effect is an error here, before the run.
/// </summary>
public sealed class InterventionPlan
{
    private readonly Dictionary<HookPoint, InterventionStep[]> _steps;

    private InterventionPlan(Dictionary<HookPoint, InterventionStep[]> steps) => _steps = steps;

    /// <summary>A plan that changes nothing.</summary>
    public static InterventionPlan Empty { get; } = new([]);

    /// <summary>Whether nothing is changed.</summary>
    public bool IsEmpty => _steps.Count == 0;

    /// <summary>The points at which something is changed.</summary>
    public IReadOnlyCollection<HookPoint> Points => _steps.Keys;

    /// <summary>Checks interventions and resolves their positions.</summary>
    /// <param name="map">The hook points of the model.</param>
    /// <param name="lengths">Prompt length of each sequence of the batch; negative positions count from it.</param>
    /// <param name="interventions">The interventions, in the order in which they are applied at a point.</param>
    /// <param name="newTokens">How many positions generation may add to each sequence.</param>
    /// <exception cref="InvalidInputException">
    /// An intervention does not fit the model or the batch, or can never take effect; the message names it.
    /// </exception>
    public static InterventionPlan Create(
        HookMap map, IReadOnlyList<int> lengths, IReadOnlyList<Intervention> interventions, int newTokens = 0)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(lengths);
        ArgumentNullException.ThrowIfNull(interventions);
        ArgumentOutOfRangeException.ThrowIfNegative(newTokens);
        if (interventions.Count == 0)
        {
            return Empty;
        }

        Dictionary<HookPoint, List<InterventionStep>> steps = [];
        for (int i = 0; i < interventions.Count; i++)
        {
            InterventionCheck check = InterventionCheck.At(map, lengths, newTokens, interventions[i], i);
            InterventionStep step = check.Compile();
            (steps.TryGetValue(check.Point, out List<InterventionStep>? list) ? list : steps[check.Point] = []).Add(step);
        }

        return new InterventionPlan(steps.ToDictionary(pair => pair.Key, pair => pair.Value.ToArray()));
    }

    /// <summary>Whether code takes part that cannot be looked into (<see cref="Custom"/>).</summary>
    public bool IsOpaque => _steps.Values.Any(steps => steps.Any(step => step is CustomStep));

    /// <summary>
    /// The positions of a sequence among which something may be changed at a point, from the first to the last, exclusive; an
    /// empty range when nothing is.
    /// </summary>
    /// <param name="point">A hook point.</param>
    /// <param name="sequence">Index of the sequence.</param>
    /// <param name="length">Its length.</param>
    public (int First, int End) Touched(HookPoint point, int sequence, int length)
    {
        int first = length, end = 0;
        foreach (InterventionStep step in _steps.TryGetValue(point, out InterventionStep[]? steps) ? steps : [])
        {
            (int stepFirst, int stepEnd) = step.Touched(sequence, length);
            (first, end) = stepFirst < stepEnd ? (Math.Min(first, stepFirst), Math.Max(end, stepEnd)) : (first, end);
        }

        return (Math.Min(first, end), end);
    }

    /// <summary>Whether something is changed at a point.</summary>
    /// <param name="point">A hook point.</param>
    public bool Targets(HookPoint point) => _steps.ContainsKey(point);

    /// <summary>
    /// Makes the changes at the activation's point, in registration order, in those rows that the view holds.
    /// </summary>
    /// <param name="activation">The activation of one sequence.</param>
    public void Apply(in Activation activation)
    {
        if (_steps.TryGetValue(activation.Point, out InterventionStep[]? steps))
        {
            foreach (InterventionStep step in steps)
            {
                step.Apply(in activation);
            }
        }
    }
}

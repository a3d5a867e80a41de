namespace Interp.Hooks;

/// <summary>
/// Interventions checked against a model and a batch, ready to be applied. Whatever could not fire is an error here, before
/// anything runs.
/// </summary>
public sealed class InterventionPlan
{
    private readonly Dictionary<HookPoint, List<(Intervention Intervention, ResolvedScope?[] Scopes)>> _byPoint = [];

    private InterventionPlan()
    {
    }

    /// <summary>Whether there is nothing to apply.</summary>
    public bool IsEmpty => _byPoint.Count == 0;

    /// <summary>Checks interventions and resolves their indices.</summary>
    /// <param name="map">The model's hook points.</param>
    /// <param name="lengths">Prompt length of each sequence of the batch.</param>
    /// <param name="interventions">Applied in this order.</param>
    /// <param name="newTokens">How many positions generation may add to each sequence.</param>
    /// <exception cref="InvalidInputException">
    /// A point does not exist, an index is out of range, values do not fit, or nothing could ever fire.
    /// </exception>
    public static InterventionPlan Create(
        HookMap map, IReadOnlyList<int> lengths, IReadOnlyList<Intervention> interventions, int newTokens = 0)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(lengths);
        ArgumentNullException.ThrowIfNull(interventions);
        var plan = new InterventionPlan();
        foreach (Intervention intervention in interventions)
        {
            map.Require(intervention.Point);
            int[] sequences = intervention.Scope.Sequences.Resolve(lengths.Count) ?? [.. Enumerable.Range(0, lengths.Count)];
            InRange(intervention, "sequence", sequences, lengths.Count);
            var scopes = new ResolvedScope?[lengths.Count];
            foreach (int s in sequences)
            {
                scopes[s] = Resolve(map, intervention, lengths[s], newTokens);
            }

            intervention.Validate(map, new ScopeCheck(lengths, newTokens, sequences));
            if (!plan._byPoint.TryGetValue(intervention.Point, out var list))
            {
                plan._byPoint[intervention.Point] = list = [];
            }

            list.Add((intervention, scopes));
        }

        return plan;
    }

    /// <summary>Whether anything is done at a point.</summary>
    /// <param name="point">A hook point.</param>
    public bool Targets(HookPoint point) => _byPoint.ContainsKey(point);

    /// <summary>Applies what targets the activation's point, in registration order.</summary>
    /// <param name="activation">The values of one sequence.</param>
    public void Apply(in Activation activation)
    {
        if (!_byPoint.TryGetValue(activation.Point, out var list))
        {
            return;
        }

        foreach ((Intervention intervention, ResolvedScope?[] scopes) in list)
        {
            if (scopes[activation.Sequence] is { } scope)
            {
                intervention.Apply(activation, scope);
            }
        }
    }

    private static ResolvedScope Resolve(HookMap map, Intervention intervention, int length, int newTokens)
    {
        Scope scope = intervention.Scope;
        HookRow row = HookTable.Row(intervention.Point.Kind);
        int[]? heads = Part("head", scope.Heads, row.HeadAxis >= 0, map.Heads(intervention.Point));
        int[]? neurons = Part("neuron", scope.Neurons, row.Axes.Contains(HookAxis.DMlp), map.Outline.DMlp);
        int[]? sources = Part("source position", scope.Sources, row.Axes.Contains(HookAxis.SrcPos), length, newTokens);
        return new ResolvedScope(Part("position", scope.Positions, true, length, newTokens), heads, sources ?? neurons);

        int[]? Part(string what, IndexSet set, bool exists, int size, int beyond = 0)
        {
            if (set.IsAll)
            {
                return null;
            }

            if (!exists)
            {
                throw new InvalidInputException($"{intervention}: {map.Name(intervention.Point)} has no {what} axis to choose from");
            }

            int[] indices = set.Resolve(size)!;
            InRange(intervention, what, indices, size + beyond);
            return indices;
        }
    }

    private static void InRange(Intervention intervention, string what, int[] indices, int size)
    {
        foreach (int index in indices)
        {
            if ((uint)index >= (uint)size)
            {
                throw new InvalidInputException($"{intervention}: {what} {index} is out of range, expected 0..{size - 1}");
            }
        }
    }
}

namespace Interp.Hooks;

/// <summary>Checks and resolves the scope of an intervention.</summary>
internal sealed class ScopeCheck(
    HookMap map, IReadOnlyList<int> lengths, int newTokens, Intervention intervention,
    Func<string, InvalidInputException> error)
{
    private readonly Scope _scope = intervention.Scope;
    private readonly HookPoint _point = intervention.Point;
    private readonly HookRow _row = HookTable.Row(intervention.Point.Kind);

    /// <summary>The scope without negative indices.</summary>
    public ResolvedScope Resolve()
    {
        RequireParts();
        int[] sequences = Indices("sequence", _scope.Sequences, lengths.Count, $"the batch has sequences 0..{lengths.Count - 1}");
        ResolvedScope resolved = new()
        {
            Sequences = [.. Enumerable.Range(0, lengths.Count).Select(sequences.Contains)],
            Positions = PerSequence("position", _scope.Positions, sequences),
            Sources = PerSequence("source position", _scope.Sources, sequences),
            Heads = Heads(),
            Neurons = Neurons(),
            Reach = Reach(),
        };
        if (_row.Axes.Contains(HookAxis.SrcPos))
        {
            RequireEdges(resolved, sequences);
        }

        return resolved;
    }

    private AttentionReach Reach() =>
        _point.Layer < 0 ? new(map.Outline.Causal, null) : map.Outline.Reach(_point.Layer);

    private void RequireParts()
    {
        foreach ((string name, IndexSet set) in _scope.Parts())
        {
            if (!set.IsAll && set.Listed.IsEmpty)
            {
                throw error($"expected at least one index in {name}, found none");
            }

            if (!set.IsAll && intervention is Custom && name != "sequences")
            {
                throw error($"a custom edit is called with whole activations and can be narrowed to sequences only, not {name}");
            }
        }

        RequireAxis("sources", _scope.Sources, HookAxis.SrcPos, "use positions");
        RequireAxis("neurons", _scope.Neurons, HookAxis.DMlp, "only pre, pre_linear and post have them (of experts: expert_pre, ...)");
        if (!_scope.Heads.IsAll && _row.HeadAxis < 0)
        {
            throw error($"{_row.Site} has no heads; its axes are {ValuesCheck.Axes(_row.Axes)}");
        }
    }

    private void RequireAxis(string name, IndexSet set, HookAxis axis, string hint)
    {
        if (!set.IsAll && !_row.Axes.Contains(axis))
        {
            throw error($"{_row.Site} has no {name}; {hint}");
        }
    }

    private int[] Heads()
    {
        int heads = map.Heads(_point);
        string name = _row.Axes.Contains(HookAxis.KeyValueHead) ? "key-value heads"
            : _row.Axes.Contains(HookAxis.ExpertSlot) ? "expert slots (as heads)" : "heads";
        return heads == 0 ? [0] : Indices("head", _scope.Heads, heads, $"{_row.Site} has {name} 0..{heads - 1}");
    }

    private int[]? Neurons() => _scope.Neurons.IsAll
        ? null
        : Indices("neuron", _scope.Neurons, map.Outline.DMlp, $"{_row.Site} has neurons 0..{map.Outline.DMlp - 1}");

    private int[] Indices(string what, IndexSet set, int length, string expected) =>
        set.TryResolve(length, length, out int[] resolved, out int outside)
            ? resolved
            : throw error($"{what} {outside} is out of range, {expected}");

    private int[]?[] PerSequence(string what, IndexSet set, int[] sequences)
    {
        int[]?[] resolved = new int[]?[lengths.Count];
        foreach (int sequence in set.IsAll ? [] : sequences)
        {
            int length = lengths[sequence];
            string grown = newTokens == 0 ? "" : $" and may grow to 0..{length + newTokens - 1}";
            resolved[sequence] = set.TryResolve(length, length + newTokens, out int[] found, out int outside)
                ? found
                : throw error($"{what} {outside} is out of range, sequence {sequence} has positions 0..{length - 1}{grown}");
        }

        return resolved;
    }

    /// <summary>At least one destination in scope must be able to attend to a source in scope.</summary>
    private void RequireEdges(ResolvedScope scope, int[] sequences)
    {
        foreach (int sequence in sequences)
        {
            int total = lengths[sequence] + newTokens;
            int[]? sources = scope.Sources[sequence];
            bool any = sources is null
                || (scope.Positions[sequence] ?? Enumerable.Range(0, total)).Any(
                    destination => sources.Any(source => scope.Reach.Sees(destination, source)));
            if (!any)
            {
                string window = scope.Reach.Window is int size ? $" within its window of {size} positions" : "";
                string rule = scope.Reach.Causal ? $"itself and earlier positions{window}" : $"positions{window}";
                throw error(
                    $"in sequence {sequence} no destination in {_scope.Positions} can attend to a source in {_scope.Sources}, "
                    + $"because a position attends to {rule} only");
            }
        }
    }
}

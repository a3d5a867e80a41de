using Interp.Hooks;

namespace Interp.Onnx.Export;

/// <summary>
/// Bakes interventions into a graph. A graph serves prompts of any length and number, so what belongs to one prompt (recorded
/// values position by position, single sequences, code) cannot be baked in and is refused.
/// </summary>
internal sealed class GraphInterventions
{
    private readonly GraphBuilder _graph;
    private readonly GraphPositions _positions;
    private readonly ILookup<HookPoint, Intervention> _interventions;
    private readonly HookMap _map;

    public GraphInterventions(
        GraphBuilder graph, GraphPositions positions, TransformerModel model, IReadOnlyList<Intervention> interventions)
    {
        _graph = graph;
        _positions = positions;
        _map = model.Hooks;
        InterventionPlan.Create(model.Hooks, [model.Config.NCtx], interventions);
        foreach (Intervention intervention in interventions)
        {
            RequireBakeable(model, intervention);
        }

        _interventions = interventions.Select(i => i with { Point = _map.Require(i.Point) }).ToLookup(i => i.Point);
    }

    /// <summary>Whether something is changed at a point.</summary>
    public bool Targets(HookPoint point) => _interventions.Contains(point);

    /// <summary>The value after the interventions of a point.</summary>
    /// <param name="point">The point.</param>
    /// <param name="value">Its value, [batch, axes of the point].</param>
    public string Apply(HookPoint point, string value)
    {
        foreach (Intervention intervention in _interventions[point])
        {
            string changed = intervention switch
            {
                KnockOut knockOut => _graph.Scalar(knockOut.Renormalize ? float.NegativeInfinity : 0),
                Steer steer => _graph.Add(value, Constant(steer.Vector, steer.Coefficient)),
                Ablate { Values: { } mean } => Constant(mean, 1),
                _ => _graph.Scalar(0),
            };
            string? selected = Select(intervention);
            value = selected is null
                ? Broadcast(intervention, value, changed)
                : _graph.Where(selected, changed, value);
        }

        return value;
    }

    private static void RequireBakeable(TransformerModel model, Intervention intervention)
    {
        string? problem = intervention switch
        {
            Ablate { Kind: AblationKind.Zero or AblationKind.Mean } or Steer or KnockOut => null,
            Custom => "it is code",
            _ => "its values belong to the positions of one prompt",
        };
        if (problem is null && !intervention.Scope.Sequences.IsAll)
        {
            problem = "it is for single sequences of a batch";
        }

        if (problem is null && intervention.Point.Kind is HookKind.AttnIn or HookKind.QInput or HookKind.KInput or HookKind.VInput)
        {
            problem = $"the graph has no {model.Hooks.Name(intervention.Point)}: heads read the stream itself";
        }

        if (problem is not null)
        {
            throw new InvalidInputException($"{intervention}: cannot be part of an exported graph, because {problem}");
        }
    }

    private string Broadcast(Intervention intervention, string value, string changed) => intervention is Steer
        ? changed
        : _graph.Node("Expand", [changed, _graph.Node("Shape", [value])]);

    private string Constant(TensorValue value, float factor) =>
        _graph.Floats([.. value.Values.Select(v => v * factor)], value.Shape);

    /// <summary>Where an intervention applies, broadcastable to [batch, axes of the point]; null = everywhere.</summary>
    private string? Select(Intervention intervention)
    {
        Scope scope = intervention.Scope;
        HookRow row = HookTable.Row(intervention.Point.Kind);
        string? selected = intervention.Point.Kind is HookKind.AttnScores or HookKind.Pattern
            ? _positions.Visible(intervention.Point.Layer)
            : null;
        for (int axis = 0; axis < row.Axes.Length; axis++)
        {
            IndexSet set = row.Axes[axis] switch
            {
                HookAxis.Pos => scope.Positions,
                HookAxis.SrcPos => scope.Sources,
                HookAxis.Head or HookAxis.KeyValueHead or HookAxis.ExpertSlot => scope.Heads,
                HookAxis.DMlp => scope.Neurons,
                _ => IndexSet.All,
            };
            if (set.IsAll)
            {
                continue;
            }

            string here = row.Axes[axis] is HookAxis.Pos or HookAxis.SrcPos
                ? _graph.Unsqueeze(_positions.At(set.Listed), [.. Others(axis, row.Axes.Length)])
                : Listed(set, Size(intervention.Point, axis), row.Axes.Length - axis - 1);
            selected = selected is null ? here : _graph.Node("And", [selected, here]);
        }

        return selected;
    }

    // Axes of size 1 around [batch, S], where S stands for one axis of the point.
    private static IEnumerable<long> Others(int axis, int axes) =>
        Enumerable.Range(0, axes).Where(other => other != axis).Select(other => other + 1L);

    private string Listed(IndexSet set, int size, int trailing)
    {
        int[] indices = set.Resolve(size);
        return _graph.Truths(
            [.. Enumerable.Range(0, size).Select(indices.Contains)], [size, .. Enumerable.Repeat(1, trailing)]);
    }

    private int Size(HookPoint point, int axis) => _map.Shape(point, 1, 1)[axis];
}

using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>The interventions of the steps of path patching, from what the plain runs recorded.</summary>
/// <param name="model">The model.</param>
/// <param name="options">What is frozen, and where receivers see the change.</param>
internal sealed class PathRuns(TransformerModel model, PathOptions options)
{
    private readonly ModelOutline _outline = model.Config.Outline;

    /// <summary>The end of the stream, which the logits are read from.</summary>
    public HookPoint End => new(BlockPlan.Of(model.Config).Output, _outline.NLayers - 1);

    /// <summary>The scales of the norms of the stream.</summary>
    public IReadOnlyList<HookPoint> Scales { get; } =
    [
        .. model.Hooks.Points.Where(p => p.Kind is HookKind.Ln1Scale or HookKind.Ln2Scale or HookKind.Ln1PostScale
            or HookKind.Ln2PostScale or HookKind.FinalScale),
    ];

    /// <summary>What the base run has to record.</summary>
    public IReadOnlyList<HookPoint> BasePoints =>
        [.. Layers().Select(Hook.Z), .. _outline.AttnOnly ? [] : Layers().Select(Hook.MlpOut), .. Scales, End];

    /// <summary>What the source run has to record.</summary>
    public static IReadOnlyList<HookPoint> SourcePoints(IEnumerable<PathQuery> queries) =>
        [.. queries.SelectMany(q => q.Senders).Select(Sent).Distinct()];

    /// <summary>The points at which receivers read.</summary>
    public IReadOnlyList<HookPoint> ReceiverPoints(PathQuery query) =>
        [.. query.Receivers.SelectMany(Received).Distinct()];

    /// <summary>Step 2: senders as in the source run, what is frozen as in the base run.</summary>
    public IReadOnlyList<Intervention> Send(
        PathQuery query, PathFreeze freeze, ActivationCache from, ActivationCache source, PositionMap? map)
    {
        List<Intervention> all = [];
        if (query.Senders.Contains(PathNode.Embed))
        {
            all.Add(new Patch(Hook.ResidPre(0), source.Value(Hook.ResidPre(0)), Scope.Everything, map));
        }

        foreach (int layer in Layers())
        {
            int[] senders = [.. query.Senders.Where(s => s.Kind == PathNodeKind.Head && s.Layer == layer).Select(s => s.Head)];
            int[] others = [.. Enumerable.Range(0, _outline.NHeads).Except(senders)];
            if (freeze.HasFlag(PathFreeze.Heads) && others.Length > 0)
            {
                all.Add(new Patch(Hook.Z(layer), from.Value(Hook.Z(layer)), Scope.Everything.OnHeads(others)));
            }

            if (senders.Length > 0)
            {
                all.Add(new Patch(Hook.Z(layer), source.Value(Hook.Z(layer)), Scope.Everything.OnHeads(senders), map));
            }

            if (query.Senders.Contains(PathNode.OfMlp(layer)))
            {
                all.Add(new Patch(Hook.MlpOut(layer), source.Value(Hook.MlpOut(layer)), Scope.Everything, map));
            }
            else if (freeze.HasFlag(PathFreeze.Mlps) && !_outline.AttnOnly)
            {
                all.Add(new Patch(Hook.MlpOut(layer), from.Value(Hook.MlpOut(layer))));
            }
        }

        if (freeze.HasFlag(PathFreeze.Norms))
        {
            all.AddRange(Scales.Select(p => new Freeze(p, from.Value(p), Scope.Everything)));
        }

        return all;
    }

    /// <summary>Step 3 without the logits: receivers as step 2 recorded them.</summary>
    public IReadOnlyList<Intervention> Receive(PathQuery query, ActivationCache received) =>
    [
        .. from node in query.Receivers
           where node.Kind != PathNodeKind.Logits
           from point in Received(node)
           select new Patch(point, received.Value(point), Where(node.Head)),
    ];

    /// <summary>
    /// What the logits see: the end of the stream as step 2 recorded it, or, beside other receivers, as they leave it plus the
    /// change that step 2 brought.
    /// </summary>
    public IReadOnlyList<Intervention> ReceiveAtEnd(
        PathFreeze freeze, ActivationCache received, ActivationCache from, ActivationCache? others)
    {
        TensorValue end = received.Value(End);
        if (others is not null)
        {
            float[] before = from.Values(End), beside = others.Values(End);
            end = new TensorValue(end.Shape, [.. end.Values.Select((value, i) => beside[i] + (value - before[i]))]);
        }

        List<Intervention> all = [new Patch(End, end, Where(-1))];
        if (freeze.HasFlag(PathFreeze.Norms) && Scales.Contains(Hook.FinalScale))
        {
            all.Add(new Freeze(Hook.FinalScale, from.Value(Hook.FinalScale), Scope.Everything));
        }

        return all;
    }

    private static HookPoint Sent(PathNode sender) => sender.Kind switch
    {
        PathNodeKind.Embed => Hook.ResidPre(0),
        PathNodeKind.Head => Hook.Z(sender.Layer),
        _ => Hook.MlpOut(sender.Layer),
    };

    private HookPoint[] Received(PathNode receiver) => (receiver.Kind, receiver.Input) switch
    {
        (PathNodeKind.Logits, _) => [End],
        (PathNodeKind.Mlp, _) when _outline.Experts > 0 => throw new InvalidInputException(
            $"receiver {receiver}: the input of a mixture of experts cannot receive, because its router reads it too"),
        (PathNodeKind.Mlp, _) => _outline.GatedMlp
            ? [Hook.Pre(receiver.Layer), new HookPoint(HookKind.PreLinear, receiver.Layer)]
            : [Hook.Pre(receiver.Layer)],
        (_, HeadInput.Q) => [Hook.Q(receiver.Layer)],
        (_, HeadInput.K) => [Hook.K(receiver.Layer)],
        _ => [Hook.V(receiver.Layer)],
    };

    private Scope Where(int head) => new()
    {
        Positions = options.Positions.Count > 0 ? IndexSet.Of([.. options.Positions]) : IndexSet.All,
        Heads = head >= 0 ? head : IndexSet.All,
    };

    private IEnumerable<int> Layers() => Enumerable.Range(0, _outline.NLayers);
}

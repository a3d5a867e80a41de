using System.Numerics.Tensors;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>An edge of the computation graph: what one node writes to the stream, as one input of another reads it.</summary>
/// <param name="Source">The node that writes.</param>
/// <param name="Destination">The input that reads.</param>
public readonly record struct PathEdge(PathNode Source, PathNode Destination)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Source}->{Destination}";
}

/// <summary>
/// Edge patching: an arbitrary set of edges carries what its nodes write in the source run, all other edges what they write in
/// the patched run itself (Conmy et al. 2023, "Towards Automated Circuit Discovery"; Hanna et al. 2024). Every input
/// is the stream of the run plus, for each patched edge into it, (source output - own output).
/// </summary>
public sealed class EdgePatching
{
    private readonly TransformerModel _model;

    /// <summary>Prepares edge patching of a model.</summary>
    /// <param name="model">A pre-norm model whose heads and FFNs write to the stream as they are.</param>
    /// <exception cref="InvalidInputException">The outputs of the model's nodes do not add up to its inputs.</exception>
    public EdgePatching(TransformerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelOutline outline = model.Config.Outline;
        if (BlockPlan.Of(model.Config) is var plan && (plan.StreamNorms.Any() || plan.NormalizesWrites))
        {
            throw new InvalidInputException(
                "edges: expected a model whose parts write to the stream as they are, found norms after its parts; use path patching");
        }

        _model = model;
        SourcePoints =
        [
            Hook.ResidPre(0), .. Enumerable.Range(0, outline.NLayers).Select(Hook.Result),
            .. outline.AttnOnly ? [] : Enumerable.Range(0, outline.NLayers).Select(Hook.MlpOut),
        ];
    }

    /// <summary>What the source run has to record: the writes of all nodes.</summary>
    public IReadOnlyList<HookPoint> SourcePoints { get; }

    /// <summary>All edges of the model, by layer of the destination.</summary>
    public IReadOnlyList<PathEdge> AllEdges()
    {
        ModelOutline outline = _model.Config.Outline;
        var plan = BlockPlan.Of(_model.Config);
        List<PathNode> senders = [PathNode.Embed], receivers = [];
        for (int layer = 0; layer < outline.NLayers; layer++)
        {
            int l = layer;
            receivers.AddRange(Enumerable.Range(0, outline.NHeads).Select(h => new PathNode(PathNodeKind.Head, l, h, HeadInput.Q)));
            foreach (HeadInput input in new[] { HeadInput.K, HeadInput.V })
            {
                receivers.AddRange(Enumerable.Range(0, outline.NKeyValueHeads).Select(h => new PathNode(PathNodeKind.Head, l, h, input)));
            }

            senders.AddRange(Enumerable.Range(0, outline.NHeads).Select(h => PathNode.OfHead(l, h)));
            if (!outline.AttnOnly)
            {
                receivers.Add(PathNode.OfMlp(layer));
                senders.Add(PathNode.OfMlp(layer));
            }
        }

        receivers.Add(PathNode.Logits);
        return [.. from r in receivers from s in senders where s.Reaches(r, plan) select new PathEdge(s, r)];
    }

    /// <summary>
    /// The interventions of a run in which the edges are patched. They remember what the run computes on its way, so each list
    /// serves one run at a time.
    /// </summary>
    /// <param name="edges">The edges, in any order.</param>
    /// <param name="source">The source run with <see cref="SourcePoints"/>, of a prompt of the same length.</param>
    /// <exception cref="InvalidInputException">An edge does not exist in the model.</exception>
    public IReadOnlyList<Intervention> Interventions(IReadOnlyList<PathEdge> edges, ActivationCache source)
    {
        ArgumentNullException.ThrowIfNull(edges);
        ArgumentNullException.ThrowIfNull(source);
        var plan = BlockPlan.Of(_model.Config);
        foreach (PathEdge edge in edges)
        {
            edge.Source.Require(_model.Config.Outline);
            edge.Destination.Require(_model.Config.Outline);
            if (!edge.Source.Sends || !edge.Destination.Receives || !edge.Source.Reaches(edge.Destination, plan))
            {
                throw new InvalidInputException($"edge {edge}: the model has no such edge");
            }
        }

        Dictionary<HookPoint, float[]> own = [];
        ILookup<HookPoint, PathEdge> read = edges.Distinct().ToLookup(e => Input(e.Destination));
        HashSet<HookPoint> written = [.. edges.Select(e => Output(e.Source))];
        return
        [
            .. from point in _model.Hooks.AllPoints
               where written.Contains(point) || read.Contains(point)
               from step in Steps(point)
               select step,
        ];

        IEnumerable<Intervention> Steps(HookPoint point)
        {
            if (written.Contains(point))
            {
                yield return new Custom(
                    point, "note what the run writes", (in Activation a) => own[point] = a.Data.ToArray(), Scope.Everything);
            }

            if (read.Contains(point))
            {
                // In the order of the sending nodes, so that the sum has the same bits however edges were listed.
                PathEdge[] arriving = [.. read[point].OrderBy(e => e.Source.Layer).ThenBy(e => e.Source.Kind).ThenBy(e => e.Source.Head)];
                yield return new Custom(point, "patch edges", (in Activation a) => Add(in a, arriving, own, source), Scope.Everything);
            }
        }
    }

    private void Add(in Activation activation, PathEdge[] edges, Dictionary<HookPoint, float[]> own, ActivationCache source)
    {
        int d = _model.Config.DModel;
        var change = new float[d];
        foreach (PathEdge edge in edges)
        {
            HookPoint point = Output(edge.Source);
            int heads = Math.Max(1, _model.Hooks.Heads(point)), head = Math.Max(0, edge.Source.Head);
            float[] from = own[point], to = source.Values(point);
            if (to.Length != from.Length)
            {
                throw new InvalidInputException(
                    $"edge {edge}: expected a source run of {activation.Positions} tokens, found {source.Positions}");
            }

            for (int p = 0; p < activation.Positions; p++)
            {
                int at = ((p * heads) + head) * d;
                TensorPrimitives.Subtract(to.AsSpan(at, d), from.AsSpan(at, d), change);
                Span<float> row = activation.Row(p, Math.Max(0, edge.Destination.Head));
                TensorPrimitives.Add(row, change, row);
            }
        }
    }

    private static HookPoint Output(PathNode node) => node.Kind switch
    {
        PathNodeKind.Embed => Hook.ResidPre(0),
        PathNodeKind.Head => Hook.Result(node.Layer),
        _ => Hook.MlpOut(node.Layer),
    };

    private HookPoint Input(PathNode node) => _model.Hooks.Require((node.Kind, node.Input) switch
    {
        (PathNodeKind.Mlp, _) => new HookPoint(HookKind.MlpIn, node.Layer),
        (PathNodeKind.Logits, _) => Hook.ResidPost(_model.Config.NLayers - 1),
        (_, HeadInput.Q) => new HookPoint(HookKind.QInput, node.Layer),
        (_, HeadInput.K) => new HookPoint(HookKind.KInput, node.Layer),
        _ => new HookPoint(HookKind.VInput, node.Layer),
    });
}

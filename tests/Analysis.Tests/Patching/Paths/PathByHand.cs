using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Patching.Paths;

/// <summary>
/// The definition of path patching, carried out in whole runs: what the model computes is offered to code of this class, which
/// writes rows of other runs over it. Knows nothing of lanes, patches or scopes.
/// </summary>
internal sealed class PathByHand
{
    private readonly TransformerModel _model;
    private readonly PromptPair _pair;
    private readonly ActivationCache _base;
    private readonly ActivationCache _source;
    private readonly HookPoint _end;

    public PathByHand(TransformerModel model, PromptPair pair)
    {
        (_model, _pair) = (model, pair);
        var all = new RunOptions { Observe = ["*"] };
        RunResult plain = model.Run(pair.Clean, all);
        _base = plain.Cache();
        _source = model.Run(pair.Corrupted, all).Cache();
        Base = Difference(plain);
        int last = model.Config.NLayers - 1;
        _end = model.Config.Block == BlockStyle.PostNorm ? new HookPoint(HookKind.NormalizedResidPost, last) : Hook.ResidPost(last);
    }

    /// <summary>The difference of logits in the plain run.</summary>
    public double Base { get; }

    /// <summary>The difference of logits after the three steps.</summary>
    public double Patched(PathQuery query, PathFreeze freeze)
    {
        bool logits = query.Receivers.Contains(PathNode.Logits);
        PathNode[] others = [.. query.Receivers.Where(r => r.Kind != PathNodeKind.Logits)];
        ActivationCache second = Run(Second(query, freeze)).Cache();
        List<Custom> third = [.. others.SelectMany(r => Receive(r, second))];
        if (!logits)
        {
            return Difference(Run(third));
        }

        float[] end = second.Values(_end);
        if (others.Length > 0)
        {
            float[] beside = Run(third).Cache().Values(_end), before = _base.Values(_end);
            end = [.. end.Select((value, i) => beside[i] + (value - before[i]))];
        }

        third.Add(Edit(_end, (in Activation a) => end.CopyTo(a.Data)));
        if (freeze.HasFlag(PathFreeze.Norms))
        {
            third.AddRange(Scales().Where(p => p.Kind == HookKind.FinalScale).Select(Frozen));
        }

        return Difference(Run(third));
    }

    private IEnumerable<Custom> Second(PathQuery query, PathFreeze freeze)
    {
        if (query.Senders.Contains(PathNode.Embed))
        {
            yield return Edit(Hook.ResidPre(0), (in Activation a) => _source.Values(Hook.ResidPre(0)).CopyTo(a.Data));
        }

        for (int l = 0; l < _model.Config.NLayers; l++)
        {
            int layer = l;
            HookPoint z = Hook.Z(layer), mlp = Hook.MlpOut(layer);
            yield return Edit(z, (in Activation a) =>
            {
                for (int h = 0; h < a.Heads; h++)
                {
                    bool sends = query.Senders.Contains(PathNode.OfHead(layer, h));
                    if (sends || freeze.HasFlag(PathFreeze.Heads))
                    {
                        CopyHead(sends ? _source : _base, z, h, in a);
                    }
                }
            });
            bool fromSource = query.Senders.Contains(PathNode.OfMlp(layer));
            if (fromSource || freeze.HasFlag(PathFreeze.Mlps))
            {
                yield return Edit(mlp, (in Activation a) => (fromSource ? _source : _base).Values(mlp).CopyTo(a.Data));
            }
        }

        foreach (HookPoint scale in freeze.HasFlag(PathFreeze.Norms) ? Scales() : [])
        {
            yield return Frozen(scale);
        }
    }

    private IEnumerable<Custom> Receive(PathNode node, ActivationCache second)
    {
        HookKind[] kinds = node.Kind == PathNodeKind.Mlp
            ? _model.Config.Gated ? [HookKind.Pre, HookKind.PreLinear] : [HookKind.Pre]
            : [node.Input switch { HeadInput.Q => HookKind.Q, HeadInput.K => HookKind.K, _ => HookKind.V }];
        return kinds.Select(kind =>
        {
            var point = new HookPoint(kind, node.Layer);
            return Edit(point, (in Activation a) => CopyHead(second, point, Math.Max(0, node.Head), in a));
        });
    }

    private Custom Frozen(HookPoint scale) => Edit(scale, (in Activation a) => _base.Values(scale).CopyTo(a.Data));

    /// <summary>The norms of the stream; those of queries and keys belong to heads.</summary>
    private IEnumerable<HookPoint> Scales() => _model.Hooks.Points.Where(p => p.Kind is HookKind.Ln1Scale or HookKind.Ln2Scale
        or HookKind.Ln1PostScale or HookKind.Ln2PostScale or HookKind.FinalScale);

    private RunResult Run(IEnumerable<Custom> edits) =>
        _model.Run(_pair.Clean, new RunOptions { Observe = ["*"], Interventions = [.. edits] });

    private static Custom Edit(HookPoint point, ActivationEdit edit) => new(point, "by hand", edit, Scope.Everything);

    private static void CopyHead(ActivationCache from, HookPoint point, int head, in Activation a)
    {
        for (int p = 0; p < a.Positions; p++)
        {
            from.Row(point, p, head).CopyTo(a.Row(p, head));
        }
    }

    private double Difference(RunResult run)
    {
        ReadOnlySpan<float> logits = run.LogitsAt(0, -1);
        return (double)logits[_pair.Answers[0]] - logits[_pair.Wrongs[0]];
    }
}

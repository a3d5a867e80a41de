using System.Numerics;
using System.Numerics.Tensors;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>One addition to the residual stream at one position.</summary>
/// <param name="Component">What wrote it.</param>
/// <param name="Before">Where the stream that it was added to was recorded; null for the first writes.</param>
/// <param name="Vector">
/// The vector, [d_model], carried through the norms between the write and the point that was asked for (post-norm models).
/// </param>
public sealed record ResidualWrite(Component Component, HookPoint? Before, float[] Vector);

/// <summary>How well the writes up to a recorded point add up to the stream there.</summary>
/// <param name="Point">The recorded point.</param>
/// <param name="RelativeError">max |sum of writes - stream| / max |stream|.</param>
public readonly record struct LedgerCheck(HookPoint Point, double RelativeError);

/// <summary>
/// The ledger of one sequence of one run: every vector that was added to the residual stream, computed from what was
/// recorded (z, pattern, v, neuron activations and the weights), never stored as [pos, head, d_model].
/// <para>
/// Pre-norm and parallel blocks only add, so writes sum to the stream at every point. In a post-norm block the stream
/// itself passes through norms. With the recorded scale s of that run a norm is linear, LN(x) = g (x - mean(x)) / s + b, so
/// each write already in the stream is carried through it, and b is a write of its own: they still sum.
/// </para>
/// </summary>
public sealed partial class ResidualLedger
{
    private readonly TransformerModel _model;
    private readonly ActivationCache _cache;
    private readonly BlockPlan _plan;
    private readonly List<Step> _steps;

    /// <summary>Reads a recorded run.</summary>
    /// <param name="model">The model that ran.</param>
    /// <param name="cache">What one sequence recorded; at least <see cref="Needs"/>.</param>
    /// <exception cref="InvalidInputException">Another model recorded it.</exception>
    public ResidualLedger(TransformerModel model, ActivationCache cache)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(cache);
        cache.RequireModel(model);
        _model = model;
        _cache = cache;
        _plan = BlockPlan.Of(model.Config);
        _steps = [.. Timeline(model)];
        var points = new List<HookPoint>();
        foreach (Step step in _steps)
        {
            if (step is Recorded { Point: var point })
            {
                points.Add(point);
            }
        }

        StreamPoints = points;
    }

    /// <summary>The points that a run has to record for its ledger.</summary>
    /// <param name="model">The model.</param>
    /// <param name="detail">How finely writes are told apart.</param>
    public static IReadOnlyList<HookQuery> Needs(TransformerModel model, LedgerDetail detail)
    {
        ArgumentNullException.ThrowIfNull(model);
        HookKind[] kinds =
        [
            HookKind.Embed, HookKind.PosEmbed, HookKind.TokenTypeEmbed, HookKind.EmbedNormScale, HookKind.FullEmbed,
            HookKind.ResidPre, HookKind.ResidMid, HookKind.ResidPost, HookKind.NormalizedResidPost, HookKind.Z, HookKind.Post,
            HookKind.FinalScale, HookKind.MlmPre, HookKind.MlmScale, HookKind.Ln1PostScale, HookKind.Ln2PostScale,
            HookKind.ExpertWeights, HookKind.ExpertIndices, HookKind.ExpertPost,
            .. model.Config.LogitSoftCap is null ? [] : new[] { HookKind.UnembedIn },
            .. BlockPlan.Of(model.Config).StreamNorms.Select(norm => norm.Points[0]),
            .. detail == LedgerDetail.Source ? new[] { HookKind.Pattern, HookKind.V } : [],
        ];
        List<HookQuery> needs = [];
        foreach (HookPoint point in model.Hooks.AllPoints)
        {
            if (kinds.Contains(point.Kind))
            {
                needs.Add(point);
            }
        }

        return needs;
    }

    /// <summary>The points where the stream was recorded, in order; the last is what the unembedding's norm reads.</summary>
    public IReadOnlyList<HookPoint> StreamPoints { get; }

    /// <summary>Every write at one position up to a point of the stream.</summary>
    /// <param name="position">Position; negative counts from the end.</param>
    /// <param name="detail">How finely writes are told apart.</param>
    /// <param name="upTo">One of <see cref="StreamPoints"/>; null = the last.</param>
    /// <exception cref="InvalidInputException">Position or point is not one of this run.</exception>
    public IReadOnlyList<ResidualWrite> Writes(int position, LedgerDetail detail = LedgerDetail.Head, HookPoint? upTo = null)
    {
        int p = Resolve(position);
        HookPoint target = upTo ?? StreamPoints[^1];
        foreach ((HookPoint point, List<ResidualWrite> writes) in Walk(p, detail))
        {
            if (point == target)
            {
                return writes;
            }
        }

        throw new InvalidInputException(
            $"hook {_model.Hooks.Name(target)}: not a recorded point of the stream; expected one of "
            + string.Join(", ", StreamPoints.Select(_model.Hooks.Name)));
    }

    /// <summary>The stream as it was recorded.</summary>
    /// <param name="position">Position; negative counts from the end.</param>
    /// <param name="point">One of <see cref="StreamPoints"/>.</param>
    public ReadOnlySpan<float> Stream(int position, HookPoint point) => _cache.Row(point, Resolve(position));

    /// <summary>Adds the writes up at every recorded point of the stream, at one position.</summary>
    /// <param name="position">Position; negative counts from the end.</param>
    /// <param name="detail">How finely writes are told apart.</param>
    public IReadOnlyList<LedgerCheck> Check(int position, LedgerDetail detail = LedgerDetail.Head)
    {
        int p = Resolve(position);
        return Close(p, detail).Checks;
    }

    private int Resolve(int position) => Positions.Resolve(position, _cache.Positions, "the prompt");

    /// <summary>The components that a step of the timeline is made of, at the asked detail.</summary>
    private IEnumerable<Component> Split(Component component, LedgerDetail detail, int p)
    {
        ModelConfig config = _model.Config;
        int layer = component.Layer;
        return (component.Kind, detail) switch
        {
            (ComponentKind.Attn, LedgerDetail.Head or LedgerDetail.Neuron) => Heads(layer),
            (ComponentKind.Attn, LedgerDetail.Source) =>
                from head in Enumerable.Range(0, config.NHeads)
                from source in SourceRange(layer, p)
                select new Component(ComponentKind.HeadSource, layer, head, Source: source),
            (ComponentKind.Mlp, not LedgerDetail.Component) when _model.Weights.Blocks[layer].Mixture is not null =>
                SplitMixture(layer, detail, p),
            (ComponentKind.Mlp, LedgerDetail.Neuron) =>
                Enumerable.Range(0, config.DMlp).Select(n => new Component(ComponentKind.Neuron, layer, Neuron: n)),
            _ => [component],
        };
    }

    private List<Component> Heads(int layer)
    {
        List<Component> heads = [];
        for (int head = 0; head < _model.Config.NHeads; head++)
        {
            heads.Add(new Component(ComponentKind.Head, layer, head));
        }

        return heads;
    }

    private IEnumerable<int> SourceRange(int layer, int p)
    {
        (int first, int end) = Sources(layer, p);
        return Enumerable.Range(first, end - first);
    }

    private (int First, int End) Sources(int layer, int p) => (
        _model.Config.Window(layer) is { } window ? Math.Max(0, p - window + 1) : 0,
        _model.Config.Causal ? p + 1 : _cache.Positions);

    /// <summary>The vector of a write, as it is added: before any norm of the stream, after a norm of its branch.</summary>
    private float[] Vector(Component component, int p) => Carried(component, p, BranchVector(component, p));

    /// <summary>What a head adds for a mixed value of its own, [d_head].</summary>
    private float[] Vector(Component head, int p, ReadOnlySpan<float> z)
    {
        var vector = new float[_model.Config.DModel];
        AddHead(head.Layer, head.Head, z, vector);
        return Carried(head, p, vector);
    }

    private float[] Carried(Component component, int p, float[] vector) =>
        BranchNorm(component) is { } norm ? norm.Carry(vector, _cache.Row(norm.Scale, p)[0]) : vector;

    /// <summary>The vector of a write before any norm that follows it.</summary>
    private float[] BranchVector(Component component, int p)
    {
        int d = _model.Config.DModel, layer = component.Layer;
        var vector = new float[d];
        switch (component.Kind)
        {
            case ComponentKind.Embed:
                return _cache.Row(Hook.Embed, p).ToArray();
            case ComponentKind.PosEmbed:
                return _cache.Row(Hook.PosEmbed, p).ToArray();
            case ComponentKind.TokenTypeEmbed:
                return _cache.Row(Hook.TokenTypeEmbed, p).ToArray();
            case ComponentKind.AttnBias:
                return _model.Weights.Blocks[layer].Attention.Output.Bias.ToArray();
            case ComponentKind.Norm1PostBias:
                return _model.Weights.Blocks[layer].Norm1Post!.Bias;
            case ComponentKind.Norm2PostBias:
                return _model.Weights.Blocks[layer].Norm2Post!.Bias;
            case ComponentKind.Mlp or ComponentKind.Expert or ComponentKind.Neuron or ComponentKind.MlpBias
                when _model.Weights.Blocks[layer].Mixture is { } mixture:
                AddMixture(mixture, component, p, vector);
                break;
            case ComponentKind.MlpBias:
                return _model.Weights.Blocks[layer].FeedForward!.Out.Bias.ToArray();
            case ComponentKind.Attn:
                for (int h = 0; h < _model.Config.NHeads; h++)
                {
                    AddHead(layer, h, _cache.Row(Hook.Z(layer), p, h), vector);
                }

                break;
            case ComponentKind.Head:
                AddHead(layer, component.Head, _cache.Row(Hook.Z(layer), p, component.Head), vector);
                break;
            case ComponentKind.HeadSource:
                AddHead(layer, component.Head, MovedValue(component, p), vector);
                break;
            case ComponentKind.Mlp:
                AddInputs(_model.Weights.Blocks[layer].FeedForward!.Out, 0, _cache.Row(Hook.Post(layer), p), vector);
                break;
            case ComponentKind.Neuron:
                AddInputs(
                    _model.Weights.Blocks[layer].FeedForward!.Out,
                    component.Neuron,
                    _cache.Row(Hook.Post(layer), p).Slice(component.Neuron, 1),
                    vector);
                break;
        }

        return vector;
    }

    /// <summary>pattern[p, source] v[source] of one head: what z holds from one source token.</summary>
    private float[] MovedValue(Component component, int p)
    {
        int group = _model.Config.NHeads / _model.Config.NKeyValueHeads;
        var moved = new float[_model.Config.DHead];
        float weight = _cache.Row(Hook.Pattern(component.Layer), p, component.Head)[component.Source];
        ReadOnlySpan<float> value = _cache.Row(Hook.V(component.Layer), component.Source, component.Head / group);
        TensorPrimitives.Multiply(value, weight, moved);
        return moved;
    }

    private void AddHead(int layer, int head, ReadOnlySpan<float> z, float[] vector) =>
        AddInputs(_model.Weights.Blocks[layer].Attention.Output, head * _model.Config.DHead, z, vector);

    private static void AddInputs(Linear map, int first, ReadOnlySpan<float> inputs, float[] vector)
    {
        var row = new float[vector.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            map.CopyInput(first + i, row);
            AddMultiple(row, inputs[i], vector);
        }
    }

    /// <summary>
    /// sum += factor * row, rounded after each step as TensorPrimitives.MultiplyAdd does; a loop, because its code for the widest
    /// vectors cannot be compiled ahead of time, and the check of every model that is opened comes here.
    /// </summary>
    private static void AddMultiple(float[] row, float factor, float[] sum)
    {
        int i = 0;
        for (; i <= sum.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            (new Vector<float>(sum, i) + (new Vector<float>(row, i) * factor)).CopyTo(sum, i);
        }

        for (; i < sum.Length; i++)
        {
            sum[i] += factor * row[i];
        }
    }
}

using System.Collections.Immutable;

namespace Interp.Hooks;

/// <summary>
/// The hook points of one model: which exist, in what order they fire, their names and shapes. Names typed by users are
/// read here and nowhere else.
/// </summary>
public sealed partial class HookMap
{
    private readonly Dictionary<HookPoint, int> _order;

    /// <summary>Derives the points of a model.</summary>
    /// <param name="outline">Sizes and parts of the model.</param>
    public HookMap(ModelOutline outline)
    {
        ArgumentNullException.ThrowIfNull(outline);
        Outline = outline;
        AllPoints = Ordered(outline);
        ImmutableArray<HookPoint>.Builder standard = ImmutableArray.CreateBuilder<HookPoint>(AllPoints.Length);
        _order = new Dictionary<HookPoint, int>(AllPoints.Length);
        foreach (HookPoint point in AllPoints)
        {
            _order.Add(point, _order.Count);
            if (!HookTable.Row(point.Kind).OnRequest)
            {
                standard.Add(point);
            }
        }

        Points = standard.DrainToImmutable();
    }

    /// <summary>Sizes and parts of the model.</summary>
    public ModelOutline Outline { get; }

    /// <summary>The points that a run with every observer fires, in firing order.</summary>
    public ImmutableArray<HookPoint> Points { get; }

    /// <summary><see cref="Points"/> and those that fire only when asked for by name, in firing order.</summary>
    public ImmutableArray<HookPoint> AllPoints { get; }

    /// <summary>Whether the model has the point.</summary>
    /// <param name="point">A hook point.</param>
    public bool Contains(HookPoint point) => _order.ContainsKey(point);

    /// <summary>The point's name in this model: canonical TransformerLens name.</summary>
    /// <param name="point">A hook point.</param>
    public string Name(HookPoint point) => point.Kind switch
    {
        HookKind.Embed or HookKind.PosEmbed when Outline.EncoderNames => "embed." + point,
        _ => point.ToString(),
    };

    /// <summary>Returns the point if the model has it, a negative layer counted from the last.</summary>
    /// <param name="point">A hook point.</param>
    /// <exception cref="InvalidInputException">The model does not have it; the message says why.</exception>
    public HookPoint Require(HookPoint point)
    {
        HookRow row = HookTable.Row(point.Kind);
        HookPoint counted = row.PerLayer && point.Layer < 0 ? point with { Layer = point.Layer + Outline.NLayers } : point;
        if (Contains(counted))
        {
            return counted;
        }

        if (!row.IsIn(Outline))
        {
            throw new InvalidInputException($"hook {Name(point)}: this model has no such point because {row.Presence.Absent}");
        }

        throw new InvalidInputException(
            $"hook {Name(point)}: layer {point.Layer} is out of range, the model has layers 0..{Outline.NLayers - 1}");
    }

    /// <summary>Shape of the activation of one sequence.</summary>
    /// <param name="point">A hook point of this model.</param>
    /// <param name="positions">Positions computed in this pass (queries).</param>
    /// <param name="sourcePositions">Positions that can be attended to (keys); equal to positions without a cache.</param>
    public int[] Shape(HookPoint point, int positions, int sourcePositions)
    {
        ImmutableArray<HookAxis> axes = HookTable.Row(Require(point).Kind).Axes;
        var shape = new int[axes.Length];
        for (int axis = 0; axis < shape.Length; axis++)
        {
            shape[axis] = Size(axes[axis], positions, sourcePositions);
        }

        return shape;
    }

    /// <summary>Number of heads on the point's head axis, or 0 when it has none.</summary>
    /// <param name="point">A hook point.</param>
    public int Heads(HookPoint point)
    {
        HookRow row = HookTable.Row(point.Kind);
        return row.HeadAxis < 0 ? 0 : Size(row.Axes[row.HeadAxis], 0, 0);
    }

    private int Size(HookAxis axis, int positions, int sourcePositions) => axis switch
    {
        HookAxis.Pos => positions,
        HookAxis.SrcPos => sourcePositions,
        HookAxis.Head => Outline.NHeads,
        HookAxis.KeyValueHead => Outline.NKeyValueHeads,
        HookAxis.DHead => Outline.DHead,
        HookAxis.DModel => Outline.DModel,
        HookAxis.DMlp => Outline.DMlp,
        HookAxis.Expert => Outline.Experts,
        HookAxis.ExpertSlot => Outline.ExpertsPerToken,
        HookAxis.DVocab => Outline.DVocab,
        _ => 1,
    };

    private static ImmutableArray<HookPoint> Ordered(ModelOutline outline)
    {
        ImmutableArray<HookPoint>.Builder points = ImmutableArray.CreateBuilder<HookPoint>();
        AddOutside(before: true);
        for (int layer = 0; layer < outline.NLayers; layer++)
        {
            foreach (HookKind kind in outline.BlockPoints)
            {
                points.Add(new HookPoint(kind, layer));
            }
        }

        AddOutside(before: false);
        return points.DrainToImmutable();

        void AddOutside(bool before)
        {
            foreach (HookRow row in HookTable.Rows)
            {
                if (!row.PerLayer && row.Kind < HookKind.ResidPre == before && row.IsIn(outline))
                {
                    points.Add(new HookPoint(row.Kind, -1));
                }
            }
        }
    }
}

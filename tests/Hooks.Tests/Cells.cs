namespace Interp.Hooks.Tests;

/// <summary>One element of an activation, by absolute position; the unit of the slow definition of every intervention.</summary>
internal readonly record struct Cell(int Sequence, int Position, int Head, int Column);

/// <summary>
/// What each intervention means, element by element, written down without regard for speed and independently of the plan.
/// </summary>
internal static class Cells
{
    /// <summary>The value of one element after one intervention.</summary>
    public static float After(Intervention what, HookMap map, IReadOnlyList<int> lengths, Cell at, float before)
    {
        bool overSources = what.Point.Kind is HookKind.AttnScores or HookKind.Pattern;
        Scope scope = what.Scope;
        int length = lengths[at.Sequence];
        bool inside = scope.Sequences.Contains(at.Sequence, lengths.Count)
            && Chosen(scope.Positions, at.Position, length)
            && (map.Heads(what.Point) == 0 || scope.Heads.Contains(at.Head, map.Heads(what.Point)))
            && (!overSources || Chosen(scope.Sources, at.Column, length))
            && (scope.Neurons.IsAll || scope.Neurons.Contains(at.Column, map.Outline.DMlp));
        bool seen = !overSources || Sees(map.Outline, what.Point.Layer, at.Position, at.Column);
        return inside && seen ? Replacement(what, map, at, before, overSources) : before;
    }

    public static bool Sees(ModelOutline model, int layer, int destination, int source) =>
        (!model.Causal || source <= destination)
        && (model.Window(layer) is not int window || Math.Abs(destination - source) < window);

    private static bool Chosen(IndexSet set, int position, int length) =>
        set.IsAll || set.Listed.ToArray().Any(index => (index < 0 ? index + length : index) == position);

    private static float Replacement(Intervention what, HookMap map, Cell at, float before, bool overSources)
    {
        int heads = map.Heads(what.Point);
        switch (what)
        {
            case Patch { Map: PositionMap positions } patch:
                int column = at.Column;
                return positions.TryGet(at.Position, out int row) && (!overSources || positions.TryGet(at.Column, out column))
                    ? At(patch.Values, heads, row, at.Head, column, overSources) ?? before
                    : before;
            case Patch patch:
                return At(patch.Values, heads, at.Position, at.Head, at.Column, overSources) ?? before;
            case Freeze freeze:
                return At(freeze.Values, heads, at.Position, at.Head, at.Column, overSources) ?? before;
            case Ablate { Kind: AblationKind.Zero }:
                return 0;
            case Ablate { Kind: AblationKind.Mean } mean:
                int width = mean.Values!.Shape[^1];
                return mean.Values.Values[(heads == 0 ? 0 : at.Head * width) + at.Column];
            case Ablate ablate:
                return At(ablate.Values!, heads, at.Position, at.Head, at.Column, overSources) ?? before;
            case KnockOut knockOut:
                return knockOut.Renormalize ? float.NegativeInfinity : 0;
            case Steer { Vector: TensorValue vector } steer:
                int offset = vector.Shape.Length == 1 ? 0 : at.Head * vector.Shape[1];
                return before + (steer.Coefficient * vector.Values[offset + at.Column]);
            default:
                throw new InvalidOperationException($"{what} has no definition here.");
        }
    }

    private static float? At(TensorValue values, int heads, int position, int head, int column, bool overSources)
    {
        int[] index = overSources ? [head, position, column] : heads > 0 ? [position, head, column] : [position, column];
        int flat = 0;
        for (int axis = 0; axis < index.Length; axis++)
        {
            if (index[axis] >= values.Shape[axis])
            {
                return null;
            }

            flat = (flat * values.Shape[axis]) + index[axis];
        }

        return values.Values[flat];
    }
}

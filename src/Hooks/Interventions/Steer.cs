namespace Interp.Hooks;

/// <summary>Steering: a vector is added (Turner et al. 2023, activation addition).</summary>
/// <param name="Point">Where.</param>
/// <param name="Vector">One row of the point: [width], or [heads, width].</param>
/// <param name="Coefficient">Factor on the vector.</param>
/// <param name="Scope">On which part.</param>
public sealed record Steer(HookPoint Point, TensorValue Vector, float Coefficient, Scope Scope) : Intervention(Point, Scope)
{
    /// <inheritdoc/>
    public override string ToString() => base.ToString();

    internal override void Validate(HookMap map, ScopeCheck check)
    {
        if (HookTable.Row(Point.Kind).Axes.Contains(HookAxis.SrcPos))
        {
            throw new InvalidInputException($"{this}: a vector cannot be added to attention scores or patterns");
        }

        int[] row = map.Shape(Point, 1, 1)[1..];
        if (!Vector.Shape.SequenceEqual(row) && !Vector.Shape.SequenceEqual(row[^1..]))
        {
            throw WrongShape(
                "vector", row.Length == 1 ? TensorValue.Format(row) : $"{TensorValue.Format(row[^1..])} or {TensorValue.Format(row)}", Vector);
        }
    }

    private protected override void EditRow(Span<float> row, int head, int position)
    {
        ReadOnlySpan<float> vector = Vector.Values.Slice(Vector.Shape.Count == 1 ? 0 : head * row.Length, row.Length);
        for (int i = 0; i < row.Length; i++)
        {
            row[i] += Coefficient * vector[i];
        }
    }
}

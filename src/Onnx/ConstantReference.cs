using Interp.Runtime.Weights;

namespace Interp.Onnx;

/// <summary>
/// A constant as a node sees it: through Identity, Cast and Transpose, and through a scalar that is added or multiplied, as
/// the 1 that Gemma adds to the gains of its norms.
/// </summary>
/// <param name="Tensor">The stored constant.</param>
/// <param name="Names">The names that it has on the way, outermost first.</param>
/// <param name="Transposed">Whether its two axes are exchanged.</param>
/// <param name="Scale">Factor on its values.</param>
/// <param name="Offset">Added after the factor.</param>
internal sealed record ConstantReference(
    OnnxTensor Tensor, IReadOnlyList<string> Names, bool Transposed = false, float Scale = 1, float Offset = 0)
{
    private const int LongestChain = 16;

    /// <summary>Number of axes longer than one element, or all of a matrix.</summary>
    public int Rank => Tensor.Shape.Length;

    /// <summary>Rows of a matrix as the node sees it.</summary>
    public int Rows => Tensor.Shape[Transposed ? 1 : 0];

    /// <summary>Columns of a matrix as the node sees it.</summary>
    public int Columns => Tensor.Shape[Transposed ? 0 : 1];

    /// <summary>Whether this is a matrix.</summary>
    public bool IsMatrix => Rank == 2;

    /// <summary>Whether this is a vector of more than one element, whatever axes of length 1 it has besides.</summary>
    public bool IsVector => Tensor.Count > 1 && Tensor.Shape.Length > 0 && Tensor.Shape[^1] == Tensor.Count;

    /// <summary>Follows a value to the float constant it comes from.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="value">The value's name.</param>
    /// <returns>Null when the value is computed from inputs, or is no float.</returns>
    public static ConstantReference? Find(OnnxGraph graph, string value) => Find(graph, value, LongestChain);

    /// <summary>Reads a vector.</summary>
    /// <param name="start">First element.</param>
    /// <param name="count">Number of elements.</param>
    public float[] Vector(int start, int count) => Adjusted(Tensor.Floats().AsSpan(start, count).ToArray());

    /// <summary>Reads columns of a matrix, row-major [rows, count], or transposed, [count, rows].</summary>
    /// <param name="start">First column, as the node sees it.</param>
    /// <param name="count">Number of columns.</param>
    /// <param name="columnsFirst">Whether the result is transposed.</param>
    public float[] Matrix(int start, int count, bool columnsFirst)
    {
        float[] stored = Tensor.Floats();
        int rows = Rows, columns = Columns;
        if (start == 0 && count == columns && Transposed == columnsFirst)
        {
            return Adjusted(stored);
        }

        if (Transposed && columnsFirst)
        {
            return Adjusted(stored.AsSpan(start * rows, count * rows).ToArray());
        }

        var result = new float[(long)rows * count];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < count; column++)
            {
                int from = start + column;
                float value = Transposed ? stored[((long)from * rows) + row] : stored[((long)row * columns) + from];
                result[columnsFirst ? ((long)column * rows) + row : ((long)row * count) + column] = value;
            }
        }

        return Adjusted(result);
    }

    /// <summary>Whether two references give the same values.</summary>
    public bool SameAs(ConstantReference? other) => other is not null && ReferenceEquals(Tensor, other.Tensor)
        && Transposed == other.Transposed && Scale.Equals(other.Scale) && Offset.Equals(other.Offset);

    private static ConstantReference? Find(OnnxGraph graph, string value, int steps)
    {
        if (graph.Constant(value) is { } tensor)
        {
            return tensor.IsFloat ? new ConstantReference(tensor, [tensor.Name]) : null;
        }

        if (steps == 0 || graph.Producer(value) is not { } node)
        {
            return null;
        }

        switch (node.Op)
        {
            case "Identity" or "Cast":
                return Find(graph, node.Input(0), steps - 1) is { } same ? same with { Names = [value, .. same.Names] } : null;
            case "Transpose":
                bool swaps = node.Attribute("perm") is not { Ints: { Count: > 0 } perm } || (perm.Count == 2 && perm[0] == 1);
                return swaps && Find(graph, node.Input(0), steps - 1) is { IsMatrix: true } matrix
                    ? matrix with { Transposed = !matrix.Transposed }
                    : null;
            case "Add" or "Mul":
                return FindScaled(graph, node, steps - 1);
            default:
                return null;
        }
    }

    // One side must be a stored scalar: following both would branch at every node.
    private static ConstantReference? FindScaled(OnnxGraph graph, OnnxNode node, int steps)
    {
        (string vector, float? scalar) = graph.Scalar(node.Input(0)) is { } left
            ? (node.Input(1), left)
            : (node.Input(0), graph.Scalar(node.Input(1)));
        return scalar is not { } by || Find(graph, vector, steps) is not { } found ? null
            : node.Op == "Add" ? found with { Offset = found.Offset + by }
            : found with { Scale = found.Scale * by, Offset = found.Offset * by };
    }

    private float[] Adjusted(float[] values)
    {
        if (Scale != 1 || Offset != 0)
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (values[i] * Scale) + Offset;
            }
        }

        return values;
    }
}

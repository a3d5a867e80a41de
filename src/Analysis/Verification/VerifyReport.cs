using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>How far a hook point is from its reference.</summary>
/// <param name="Hook">Canonical name, or <c>logits</c>.</param>
/// <param name="Layer">Layer, or null.</param>
/// <param name="Shape">Shape of the first sequence's value, without a batch axis.</param>
/// <param name="MaxAbs">Largest absolute difference over all sequences.</param>
/// <param name="MaxRel"><paramref name="MaxAbs"/> over the largest absolute value of the reference.</param>
/// <param name="Ok">Whether <paramref name="MaxRel"/> is within the tolerance.</param>
public sealed record VerifyRow(string Hook, int? Layer, IReadOnlyList<int> Shape, double MaxAbs, double MaxRel, bool Ok);

/// <summary>A model compared with a reference, point by point.</summary>
/// <param name="Rows">One row per point that could be matched, in firing order; the logits last.</param>
/// <param name="Tolerance">What <see cref="VerifyRow.MaxRel"/> may be.</param>
public sealed record VerifyReport(IReadOnlyList<VerifyRow> Rows, double Tolerance)
{
    /// <summary>What was compared, where that is not simply the model with the reference; null elsewhere.</summary>
    public string? Note { get; init; }

    /// <summary>The first point beyond the tolerance, or null when all are within it.</summary>
    public VerifyRow? FirstDivergence => Rows.FirstOrDefault(row => !row.Ok);

    /// <summary>The <c>verify</c> table.</summary>
    public ResultTable<VerificationRow> Table()
    {
        ResultTable<VerificationRow> table = TableSchemas.Verify.Create();
        foreach (VerifyRow row in Rows)
        {
            table.Add(row.Hook, row.Layer, $"[{string.Join(", ", row.Shape)}]", row.MaxAbs, row.MaxRel, row.Ok ? 1 : 0);
        }

        return table;
    }
}

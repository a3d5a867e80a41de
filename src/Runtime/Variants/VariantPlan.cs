namespace Interp.Runtime;

/// <summary>What an engine will do for a list of variants, and what it saves.</summary>
/// <param name="Variants">Variants in the list.</param>
/// <param name="Unchanged">Those that are known without computing: nothing that is read of them differs from the base run.</param>
/// <param name="Lanes">Those that are computed from where they differ.</param>
/// <param name="Whole">Those that are computed by a full forward pass each.</param>
/// <param name="Walks">Walks up the layers, each for as many lanes as memory holds.</param>
/// <param name="Rows">Rows of all lanes, one per (lane, position).</param>
/// <param name="MultiplyAdds">Multiply-adds of lanes, full passes and base runs: matrix products and attention.</param>
/// <param name="NaiveMultiplyAdds">Multiply-adds of one full forward pass per variant, with logits of the positions that are read.</param>
/// <param name="Bytes">Most memory at a time beyond weights: base runs and one walk.</param>
public sealed record VariantPlan(
    int Variants, int Unchanged, int Lanes, int Whole, int Walks, long Rows, long MultiplyAdds, long NaiveMultiplyAdds, long Bytes)
{
    /// <summary>The plan with bytes that the caller holds all the while.</summary>
    /// <param name="held">How many.</param>
    public VariantPlan With(long held) => this with { Bytes = Bytes + held };

    /// <summary>The plan of these variants and then others.</summary>
    /// <param name="next">The plan of the others.</param>
    public VariantPlan Then(VariantPlan next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return new VariantPlan(
            Variants + next.Variants, Unchanged + next.Unchanged, Lanes + next.Lanes, Whole + next.Whole, Walks + next.Walks,
            Rows + next.Rows, MultiplyAdds + next.MultiplyAdds, NaiveMultiplyAdds + next.NaiveMultiplyAdds, Math.Max(Bytes, next.Bytes));
    }
}

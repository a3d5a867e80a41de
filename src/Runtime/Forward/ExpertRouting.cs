namespace Interp.Runtime;

/// <summary>
/// Which experts a token gets, and in what shares (Jiang et al. 2024, "Mixtral of Experts": softmax, the greatest, renormalised).
/// </summary>
public static class ExpertRouting
{
    /// <summary>Chooses the experts of greatest weight, greatest first; the lower index on ties.</summary>
    /// <param name="weights">The router's softmax, [experts].</param>
    /// <param name="indices">The chosen experts as numbers, [experts per token].</param>
    public static void Choose(ReadOnlySpan<float> weights, Span<float> indices)
    {
        var taken = new bool[weights.Length];
        for (int slot = 0; slot < indices.Length; slot++)
        {
            int best = Array.IndexOf(taken, false);
            for (int e = best + 1; e < weights.Length; e++)
            {
                if (!taken[e] && weights[e] > weights[best])
                {
                    best = e;
                }
            }

            taken[best] = true;
            indices[slot] = best;
        }
    }

    /// <summary>
    /// The share of each chosen expert: its weight over the sum of the chosen weights. Where that sum is 0, as after a zero
    /// ablation of the weights, all shares are 0: the FFN writes nothing.
    /// </summary>
    /// <param name="weights">The router's softmax, [experts].</param>
    /// <param name="indices">The chosen experts, [experts per token].</param>
    /// <param name="shares">Factor on each chosen expert's output, [experts per token].</param>
    public static void Shares(ReadOnlySpan<float> weights, ReadOnlySpan<float> indices, Span<float> shares)
    {
        float sum = 0;
        foreach (float index in indices)
        {
            sum += weights[(int)index];
        }

        for (int slot = 0; slot < indices.Length; slot++)
        {
            shares[slot] = sum == 0 ? 0 : weights[(int)indices[slot]] / sum;
        }
    }
}

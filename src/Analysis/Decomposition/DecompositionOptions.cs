namespace Interp.Analysis;

/// <summary>The scale of the norm between the stream and what is read.</summary>
public enum NormScale
{
    /// <summary>The one that the run recorded: linear, rows sum to what was read.</summary>
    Frozen,

    /// <summary>
    /// Each write is normalised on its own, by the scale that it would have alone, as some tools do. Rows do not sum to
    /// anything; the error row says by how much they miss.
    /// </summary>
    Recomputed,
}

/// <summary>How a reading of the stream is taken apart.</summary>
public sealed record DecompositionOptions
{
    /// <summary>How finely writes are told apart.</summary>
    public LedgerDetail Detail { get; init; } = LedgerDetail.Head;

    /// <summary>
    /// At <see cref="LedgerDetail.Neuron"/>: how many neurons of each layer have rows of their own, those with the largest
    /// contributions; the others of the layer are one row. Null = all have one.
    /// </summary>
    public int? TopNeurons { get; init; }

    /// <summary>
    /// At <see cref="LedgerDetail.Source"/>: whether what the value bias b_V adds through a head is a row of its own, instead
    /// of being spread over the sources in the shares of the pattern.
    /// </summary>
    public bool ValueBiasRows { get; init; }

    /// <summary>The scale of the norm between the stream and what is read.</summary>
    public NormScale Scale { get; init; }
}

namespace Interp.Runtime.Forward;

internal sealed unsafe partial class ForwardPass<THooks>
{
    /// <summary>Multiply-adds of the matrix products and of attention so far.</summary>
    public long MultiplyAdds { get; private set; }

    private void Count(long rows, Linear map) => MultiplyAdds += rows * map.Inputs * map.Outputs;

    private void CountNeurons(long rows, FeedForwardWeights weights)
    {
        Count(rows, weights.In);
        if (weights.Linear is { } linear)
        {
            Count(rows, linear);
        }
    }

    /// <summary>Scores and weighted sums, over the keys that the mask allows.</summary>
    private void CountAttention()
    {
        foreach (RowSegment segment in _segments)
        {
            MultiplyAdds += PassWork.Attention(_config, segment.First, segment.Count, _keys.End(segment.Keys));
        }
    }
}

namespace Interp.Onnx;

/// <summary>The nodes between the product of queries and keys and the softmax, from the softmax on down.</summary>
internal static class ScorePath
{
    private const int LongestWalk = 64;

    /// <summary>The nodes that have one input from the stream; none where one operator does all.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="core">The attention core.</param>
    public static IEnumerable<OnnxNode> Of(Stream stream, AttentionSite core)
    {
        string value = core.Scores;
        for (int steps = 0; steps < LongestWalk && stream.Graph.Producer(value) is { } node; steps++)
        {
            string[] inputs = [.. node.Inputs.Where(stream.Has)];
            if (inputs.Length != 1)
            {
                yield break;
            }

            yield return node;
            value = inputs[0];
        }
    }
}

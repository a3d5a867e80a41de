namespace Interp.Onnx;

/// <summary>
/// What a graph puts in place of scores that a position may not see must be a number whose exponential is 0 beside the others, as
/// the model's attention has no weight there at all.
/// </summary>
internal static class MaskCheck
{
    /// <summary>
    /// exp(x) is 0 in float32 below -104: with this fill for scores of at most 448 in size, far beyond those of models that work. GPT-2
    /// writes -10000.
    /// </summary>
    public const float LargestFill = -1000;

    /// <summary>Refuses fills that later positions would be seen through, and masks that are causal where the model is not, or the reverse.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="core">The attention core.</param>
    /// <param name="config">The model.</param>
    public static void Check(Stream stream, AttentionSite core, ModelConfig config)
    {
        bool ordered = false;
        foreach (OnnxNode node in ScorePath.Of(stream, core))
        {
            string[] beside = [.. node.Inputs.Skip(node.Op == "Where" ? 1 : 0).Where(i => i.Length > 0 && !stream.Has(i))];
            if (beside is not [string other] || node.Op is not ("Where" or "Add" or "Sub")
                || (node.Op != "Where" && stream.Graph.Scalar(other) is not null))
            {
                continue;
            }

            ordered |= IsOrdered(stream, node.Inputs.Where(i => i.Length > 0 && !stream.Has(i)));
            bool subtracted = node.Op == "Sub";
            foreach (float found in Fills(stream, other, node.Op == "Where"))
            {
                float fill = subtracted ? -found : found;
                if (node.Op == "Where" ? !(fill <= LargestFill) : fill is > LargestFill and < -1)
                {
                    throw new InvalidInputException($"{stream.Graph.File.Path}: {node.Label}: the mask puts {fill} where attention may not look, through "
                        + $"which it would look a little; expected {LargestFill} or less (exp of it is 0 in float32), such as -10000 or -inf");
                }
            }
        }

        bool windows = config.Windows?.Any(w => w is not null) == true;
        if (config.Causal ? !ordered : ordered && !windows)
        {
            throw new InvalidInputException($"{stream.Graph.File.Path}: {core.Node.Label}: {(ordered ? "a mask that compares positions" : "no mask that hides later positions")} "
                + $"stands between scores and softmax; expected {(config.Causal ? "a causal mask" : "none, but for padding")}, as the configuration says");
        }
    }

    /// <summary>Whether a mask depends on the order of positions: it compares them, or is a table of pairs.</summary>
    private static bool IsOrdered(Stream stream, IEnumerable<string> values)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Stack<string>(values);
        while (waiting.TryPop(out string? at))
        {
            if (at.Length == 0 || stream.Has(at) || !seen.Add(at))
            {
                continue;
            }

            if (stream.Graph.Constant(at)?.Shape is [.., > 1, > 1])
            {
                return true;
            }

            if (stream.Graph.Producer(at) is { Op: not ("Shape" or "Size") } node)
            {
                if (node.Op is "Trilu" or "Less" or "Greater" or "LessOrEqual" or "GreaterOrEqual")
                {
                    return true;
                }

                foreach (string input in node.Inputs)
                {
                    waiting.Push(input);
                }
            }
        }

        return false;
    }

    /// <summary>The numbers that a mask may be filled with: a Where has them as they are, a sum with whatever makes them.</summary>
    private static IEnumerable<float> Fills(Stream stream, string value, bool direct)
    {
        OnnxGraph graph = stream.Graph;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Stack<string>([value]);
        while (waiting.TryPop(out string? at))
        {
            if (at.Length == 0 || stream.Has(at) || !seen.Add(at))
            {
                continue;
            }

            if (graph.Constant(at) is { } constant)
            {
                // A table of a whole mask, or one number; positions and slopes are not negative.
                foreach (float x in constant.IsFloat ? constant.Floats().Where(x => direct || x != 0).Distinct() : [])
                {
                    yield return x;
                }
            }
            else if (graph.Producer(at) is { Op: not ("Shape" or "Size") } node)
            {
                if (node.Op == "ConstantOfShape")
                {
                    if (node.Attribute("value")?.T is { } fill && OnnxTensor.Create(graph.File, fill, node.Name).Scalar() is { } number)
                    {
                        yield return number;
                    }

                    continue;
                }

                // What decides where, and what shapes and picks, is no number of the mask.
                bool first = node.Op is "Reshape" or "Expand" or "Slice" or "Gather" or "Tile" or "Unsqueeze" or "Squeeze" or "Trilu" or "Cast" or "Transpose";
                foreach (string input in first ? [node.Input(0)] : node.Op == "Where" ? node.Inputs.Skip(1) : node.Inputs)
                {
                    waiting.Push(input);
                }
            }
        }
    }
}

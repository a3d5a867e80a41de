namespace Interp.Onnx.Tests;

/// <summary>
/// What a Llama variant computes, written once more from the papers: float64, one token after another, plain loops, weights
/// by their Hugging Face names. LayerNorm (Ba et al. 2016), RMSNorm (Zhang and Sennrich 2019), rotary positions on halves (Su et al. 2021), grouped
/// queries (Ainslie et al. 2023), gated SiLU (Shazeer 2020), norms of queries and keys (Henry et al. 2020), norms after the
/// branches (OLMo Team 2025), experts (Jiang et al. 2024).
/// </summary>
internal sealed class PlainModel(IReadOnlyDictionary<string, (int[] Shape, float[] Values)> weights)
{
    public required int Layers { get; init; }

    public required int Heads { get; init; }

    public required int KeyValueHeads { get; init; }

    public required int HeadDim { get; init; }

    public required double Theta { get; init; }

    public required double Epsilon { get; init; }

    /// <summary>Window of each layer, itself included; null = unlimited.</summary>
    public Func<int, int?> Window { get; init; } = _ => null;

    /// <summary>The norm of queries and keys spans one head, all heads, or there is none (null).</summary>
    public bool? NormOfOneHead { get; init; }

    /// <summary>Norms stand after attention and FFN instead of before.</summary>
    public bool NormsAfter { get; init; }

    /// <summary>LayerNorm instead of RMSNorm; norms of heads then have a gain for each head.</summary>
    public bool LayerNorms { get; init; }

    /// <summary>Attention and FFN read the same norm side by side.</summary>
    public bool Parallel { get; init; }

    /// <summary>Rotated dimensions of each head.</summary>
    public required int Rotary { get; init; }

    /// <summary>Experts for each token; 0 = a dense FFN.</summary>
    public int ExpertsPerToken { get; init; }

    /// <summary>Logits [pos][vocab].</summary>
    public double[][] Logits(int[] tokens)
    {
        int width = weights["model.embed_tokens.weight"].Shape[1];
        double[][] stream = [.. tokens.Select(t => Doubles("model.embed_tokens.weight")[(t * width)..((t + 1) * width)])];
        for (int layer = 0; layer < Layers; layer++)
        {
            string at = $"model.layers.{layer}.";
            double[][] inputs = NormsAfter ? stream : [.. stream.Select(x => Norm(x, at + "input_layernorm"))];
            double[][] attention = Attention(layer, inputs);
            for (int p = 0; p < tokens.Length; p++)
            {
                double[] write = NormsAfter ? Norm(attention[p], at + "post_attention_layernorm") : attention[p];
                double[] middle = Add(stream[p], write);
                double[] feedForward = NormsAfter
                    ? Norm(FeedForward(at, middle), at + "post_feedforward_layernorm")
                    : FeedForward(at, Parallel ? inputs[p] : Norm(middle, at + "post_attention_layernorm"));
                stream[p] = Add(middle, feedForward);
            }
        }

        return [.. stream.Select(x => Apply("lm_head", Norm(x, "model.norm")))];
    }

    private double[][] Attention(int layer, double[][] inputs)
    {
        string at = $"model.layers.{layer}.self_attn.";
        double[][] q = [.. inputs.Select((x, p) => Rotated(Normed(Apply(at + "q_proj", x), at + "q_norm"), p))];
        double[][] k = [.. inputs.Select((x, p) => Rotated(Normed(Apply(at + "k_proj", x), at + "k_norm"), p))];
        double[][] v = [.. inputs.Select(x => Apply(at + "v_proj", x))];
        var outputs = new double[inputs.Length][];
        for (int i = 0; i < inputs.Length; i++)
        {
            var mixed = new double[Heads * HeadDim];
            for (int head = 0; head < Heads; head++)
            {
                int shared = head * KeyValueHeads / Heads;
                int first = Window(layer) is { } window ? Math.Max(0, i - window + 1) : 0;
                var scores = new double[i + 1 - first];
                for (int j = first; j <= i; j++)
                {
                    for (int n = 0; n < HeadDim; n++)
                    {
                        scores[j - first] += q[i][(head * HeadDim) + n] * k[j][(shared * HeadDim) + n] / Math.Sqrt(HeadDim);
                    }
                }

                double[] pattern = Softmax(scores);
                for (int j = first; j <= i; j++)
                {
                    for (int n = 0; n < HeadDim; n++)
                    {
                        mixed[(head * HeadDim) + n] += pattern[j - first] * v[j][(shared * HeadDim) + n];
                    }
                }
            }

            outputs[i] = Apply(at + "o_proj", mixed);
        }

        return outputs;
    }

    private double[] FeedForward(string at, double[] x)
    {
        if (ExpertsPerToken == 0)
        {
            return Gated(x, at + "mlp.gate_proj", at + "mlp.up_proj", at + "mlp.down_proj");
        }

        double[] router = Softmax(Apply(at + "block_sparse_moe.gate", x));
        int[] chosen = [.. Enumerable.Range(0, router.Length).OrderByDescending(e => router[e]).Take(ExpertsPerToken)];
        var sum = new double[x.Length];
        foreach (int e in chosen)
        {
            string expert = $"{at}block_sparse_moe.experts.{e}.";
            double share = router[e] / chosen.Sum(c => router[c]);
            sum = Add(sum, [.. Gated(x, expert + "w1", expert + "w3", expert + "w2").Select(y => share * y)]);
        }

        return sum;
    }

    private double[] Gated(double[] x, string gate, string linear, string output)
    {
        double[] g = Apply(gate, x), u = Apply(linear, x);
        return Apply(output, [.. g.Select((a, i) => a / (1 + Math.Exp(-a)) * u[i])]);
    }

    private double[] Normed(double[] x, string name) => NormOfOneHead switch
    {
        null => x,
        true when LayerNorms => [.. x.Chunk(HeadDim).SelectMany(
            (head, h) => Norm(head, $"{name.Replace("_norm", "_layernorm", StringComparison.Ordinal)}.norms.{h}"))],
        true => [.. x.Chunk(HeadDim).SelectMany(head => Norm(head, name))],
        false => Norm(x, name),
    };

    /// <summary>Rotates pairs (i, i + Rotary / 2) of each head by position / theta^(2 i / Rotary).</summary>
    private double[] Rotated(double[] x, int position)
    {
        double[] result = [.. x];
        int half = Rotary / 2;
        for (int start = 0; start < x.Length; start += HeadDim)
        {
            for (int i = 0; i < half; i++)
            {
                double angle = position / Math.Pow(Theta, 2.0 * i / Rotary), a = x[start + i], b = x[start + half + i];
                result[start + i] = (a * Math.Cos(angle)) - (b * Math.Sin(angle));
                result[start + half + i] = (b * Math.Cos(angle)) + (a * Math.Sin(angle));
            }
        }

        return result;
    }

    private double[] Norm(double[] x, string name)
    {
        double[] gain = Doubles(name + ".weight");
        double[] bias = weights.ContainsKey(name + ".bias") ? Doubles(name + ".bias") : new double[x.Length];
        double mean = LayerNorms ? x.Average() : 0;
        double scale = Math.Sqrt((x.Sum(a => (a - mean) * (a - mean)) / x.Length) + Epsilon);
        return [.. x.Select((a, i) => (gain[i] * (a - mean) / scale) + bias[i])];
    }

    private double[] Apply(string name, double[] x)
    {
        double[] weight = Doubles(name + ".weight");
        double[] y = weights.ContainsKey(name + ".bias") ? Doubles(name + ".bias") : new double[weight.Length / x.Length];
        for (int o = 0; o < y.Length; o++)
        {
            for (int i = 0; i < x.Length; i++)
            {
                y[o] += weight[(o * x.Length) + i] * x[i];
            }
        }

        return y;
    }

    private double[] Doubles(string name) => [.. weights[name].Values.Select(x => (double)x)];

    private static double[] Softmax(double[] x)
    {
        double[] e = [.. x.Select(a => Math.Exp(a - x.Max()))];
        return [.. e.Select(a => a / e.Sum())];
    }

    private static double[] Add(double[] x, double[] y) => [.. x.Select((a, i) => a + y[i])];
}

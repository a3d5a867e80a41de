using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// The weight processing of the field (TransformerLens' fold_ln, center_writing_weights, center_unembed, fold_value_biases), each
/// step on its own. Weights are replaced, never written to, so the original stays what it was, bit for bit.
/// </summary>
public static class WeightProcessing
{
    private const int CheckLength = 16;
    private const int Stride = 7919;

    private static readonly (ProcessStep Step, string Name)[] StepNames =
    [
        (ProcessStep.FoldNorm, "fold-norm"), (ProcessStep.CenterWriting, "center-writing"),
        (ProcessStep.CenterUnembed, "center-unembed"), (ProcessStep.FoldValueBiases, "fold-value-biases"),
    ];

    /// <summary>The names of the steps, in the order in which they are done.</summary>
    public static IReadOnlyList<string> Names { get; } = Array.ConvertAll(StepNames, s => s.Name);

    /// <summary>The name of a step.</summary>
    /// <param name="step">The step.</param>
    public static string NameOf(ProcessStep step) => StepNames[(int)step].Name;

    /// <summary>Reads the name of a step.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="InvalidInputException">The name is unknown.</exception>
    public static ProcessStep Parse(string name)
    {
        foreach ((ProcessStep step, string known) in StepNames)
        {
            if (known == name)
            {
                return step;
            }
        }

        throw new InvalidInputException($"process '{name}': expected one of {string.Join(", ", Names)}, or all");
    }

    /// <summary>Processes a model, step by step in the order of <see cref="ProcessStep"/>, and measures each on a check prompt.</summary>
    /// <param name="model">The model.</param>
    /// <param name="steps">The steps.</param>
    /// <param name="threads">Threads of the check; 0 = one per core.</param>
    /// <exception cref="InvalidInputException">A step would change what the model computes; the text says why.</exception>
    public static ProcessedModel Apply(TransformerModel model, IReadOnlyCollection<ProcessStep> steps, int threads = 0)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(steps);
        List<ProcessReport> reports = [];
        TransformerModel current = model;
        foreach (ProcessStep step in steps.Distinct().Order())
        {
            if (Refusal(current, step) is { } reason)
            {
                throw new InvalidInputException($"process {NameOf(step)}: {model.Name}: {reason}");
            }

            TransformerModel next = Processed(current, step);
            reports.Add(Compare(current, next, step, threads));
            current = next;
        }

        return new ProcessedModel(model, current, reports);
    }

    /// <summary>Why a step would change what a model computes; null when it would not.</summary>
    /// <param name="model">The model.</param>
    /// <param name="step">The step.</param>
    public static string? Refusal(TransformerModel model, ProcessStep step)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelConfig config = model.Config;
        return step switch
        {
            ProcessStep.FoldNorm when config.Norm == NormKind.None => "it has no norms to fold",
            ProcessStep.FoldNorm when BlockPlan.Of(config).StreamNorms.Any() =>
                "its norms stand in the stream, so the residual sum reads them besides the maps that they could be folded into",
            ProcessStep.FoldNorm when config.Positions == PositionKind.Shortformer =>
                "positions are added between the norm and the queries and keys, so its gain cannot be folded into them",
            ProcessStep.CenterWriting when config.Norm != NormKind.LayerNorm =>
                $"the stream's mean is read by {(config.Norm == NormKind.Rms ? "RMSNorm, which does not remove it" : "the parts themselves: it has no norms")}",
            ProcessStep.CenterWriting when BlockPlan.Of(config) is var plan && (plan.StreamNorms.Any() || plan.NormalizesWrites) =>
                "parts read the stream, or are added to it, without a LayerNorm that removes its mean",
            ProcessStep.CenterWriting when model.Weights.FinalNorm is null =>
                "no LayerNorm stands before the unembedding, so the logits read the stream's mean",
            ProcessStep.CenterUnembed when config.LogitSoftCap is not null =>
                "its logits are soft-capped, so a shift of all of them changes their differences",
            _ => null,
        };
    }

    private static TransformerModel Processed(TransformerModel model, ProcessStep step)
    {
        ModelWeights weights = step switch
        {
            ProcessStep.FoldNorm => NormFolding.Fold(model),
            ProcessStep.CenterWriting => Centring.Writing(model),
            ProcessStep.CenterUnembed => model.Weights with { Unembed = Centring.Outputs(model.Weights.Unembed) },
            _ => model.Weights with { Blocks = [.. model.Weights.Blocks.Select(b => FoldValueBias(model.Config, b))] },
        };
        return model.WithWeights(model.Config with { TiedUnembedding = false }, weights);
    }

    private static BlockWeights FoldValueBias(ModelConfig config, BlockWeights block)
    {
        AttentionWeights attention = block.Attention;
        if (attention.Value.Bias.IsEmpty)
        {
            return block;
        }

        int group = config.NHeads / config.NKeyValueHeads;
        double[] bias = new double[config.DModel];
        for (int i = 0; i < bias.Length && !attention.Output.Bias.IsEmpty; i++)
        {
            bias[i] = attention.Output.Bias[i];
        }

        var row = new float[config.DModel];
        for (int i = 0; i < attention.Output.Inputs; i++)
        {
            attention.Output.CopyInput(i, row);
            double value = attention.Value.Bias[(i / config.DHead / group * config.DHead) + (i % config.DHead)];
            for (int j = 0; j < row.Length; j++)
            {
                bias[j] += value * row[j];
            }
        }

        return block with
        {
            Attention = attention with
            {
                Value = LinearMaps.With(attention.Value, (_, _) => { }, []),
                Output = LinearMaps.With(attention.Output, (_, _) => { }, [.. bias.Select(x => (float)x)]),
            },
        };
    }

    private static ProcessReport Compare(TransformerModel before, TransformerModel after, ProcessStep step, int threads)
    {
        ModelConfig config = before.Config;
        int[] tokens =
        [
            .. Enumerable.Range(1, Math.Min(CheckLength, config.NCtx)).Select(i => (int)((long)i * Stride % config.DVocab))
                .Select(id => id == config.PaddingId ? (id + 1) % config.DVocab : id),
        ];
        var options = new RunOptions { Threads = threads };
        RunResult one = before.Run(tokens, options), two = after.Run(tokens, options);
        double logits = 0, probabilities = 0;
        for (int p = 0; p < tokens.Length; p++)
        {
            ReadOnlySpan<float> x = one.LogitsAt(0, p), y = two.LogitsAt(0, p);
            double shift = TokenDistribution.LogSumExp(y) - TokenDistribution.LogSumExp(x);
            for (int t = 0; t < x.Length; t++)
            {
                double change = (double)y[t] - x[t];
                logits = Math.Max(logits, Math.Abs(change));
                probabilities = Math.Max(probabilities, Math.Abs(change - shift));
            }
        }

        return new ProcessReport(step, logits, probabilities);
    }
}

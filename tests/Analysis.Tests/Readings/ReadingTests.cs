using CsCheck;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Readings;

/// <summary>
/// Any linear reading of the stream adds up. Tolerance 1e-5 of the largest part: vectors are float32, the run's own number is
/// a float32 sum in another order, and sums here are float64.
/// </summary>
public sealed class ReadingTests
{
    private const double Tolerance = 1e-5;

    [Fact]
    public void Queries_keys_values_and_scores_of_random_models_are_the_sum_of_their_rows() =>
        Gen.Select(RandomModel.Configs, Gen.Int[0, 1000], Gen.Bool).Sample(
            (config, seed, biases) =>
            {
                // Without norms a stream of gated squares grows beyond what float32 differences hold.
                if (config.Norm == NormKind.None && (config.Gated || config.Activation == ActivationFunction.ReluSquared))
                {
                    return;
                }

                TransformerModel model = RandomModel.Create(config, seed, biases);
                RunResult run = Record(model, RandomModel.Tokens(7, seed));
                var ledger = new ResidualLedger(model, run.Cache());
                var random = new Random(seed);
                double[] along = [.. Enumerable.Range(0, config.DHead).Select(_ => random.NextDouble() - 0.5)];
                foreach (LedgerDetail detail in new[] { LedgerDetail.Head, LedgerDetail.Source })
                {
                    var options = new DecompositionOptions { Detail = detail, ValueBiasRows = true };
                    foreach (QkvInput input in Enum.GetValues<QkvInput>())
                    {
                        Closes(ledger.Attribute(ledger.ReadHead(2, 1, input, 4, along), options), $"{input} {detail}");
                    }

                    if (config is { QkNorm: QkNorm.WholeProjection, Norm: NormKind.LayerNorm })
                    {
                        continue;
                    }

                    foreach (QkvInput input in new[] { QkvInput.Query, QkvInput.Key })
                    {
                        StreamReading reading = ledger.ReadScore(2, 1, input, 5, 3);
                        Closes(ledger.Attribute(reading, options), $"score {input} {detail}");
                        double score = Score(model, run.Cache(), 5, 3);
                        Assert.Equal(score, reading.Actual, 1e-4 * Math.Max(1, Math.Abs(score)));
                    }
                }

                void Closes(Decomposition parts, string what) =>
                    Assert.True(parts.RelativeError <= Tolerance, $"{config}: {what}: {parts.RelativeError}");
            },
            iter: 60);

    [Fact]
    public void A_probe_reads_the_stream_at_its_point()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        RunResult run = Record(model, RandomModel.Tokens(6, 2));
        var ledger = new ResidualLedger(model, run.Cache());
        float[] probe = [.. Enumerable.Range(0, 24).Select(i => MathF.Sin(i))];
        Decomposition parts =
            ledger.Attribute(ledger.ReadProbe(-2, Hook.ResidMid(1), probe), new DecompositionOptions());
        Assert.True(parts.RelativeError < Tolerance, $"{parts}");
        Assert.DoesNotContain(parts.Rows, r => r.Component.Layer == 2);
        double expected = 0;
        for (int i = 0; i < probe.Length; i++)
        {
            expected += probe[i] * run.Cache().Row(Hook.ResidMid(1), 4)[i];
        }

        Assert.Equal(expected, parts.Sum, 1e-4);
    }

    [Fact]
    public void Top_neurons_are_those_of_all_neurons_and_one_row_holds_the_others()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        RunResult run = Record(model, RandomModel.Tokens(6, 2));
        var ledger = new ResidualLedger(model, run.Cache());
        StreamReading reading = ledger.ReadLogits(-1, run.LogitsAt(0, -1), 3, 7);
        Decomposition all = ledger.Attribute(reading, new DecompositionOptions { Detail = LedgerDetail.Neuron });
        Decomposition some = ledger.Attribute(
            reading, new DecompositionOptions { Detail = LedgerDetail.Neuron, TopNeurons = 4 });
        for (int layer = 0; layer < 3; layer++)
        {
            DecompositionRow[] own = [.. all.Rows.Where(r => r.Component.Kind == ComponentKind.Neuron && r.Component.Layer == layer)];
            int[] largest = [.. own.OrderByDescending(r => Math.Abs(r.Dla)).Take(4).Select(r => r.Component.Neuron).Order()];
            DecompositionRow[] kept = [.. some.Rows.Where(r => r.Component.Kind == ComponentKind.Neuron && r.Component.Layer == layer)];
            Assert.Equal(largest, kept.Select(r => r.Component.Neuron));
            double others = own.Where(r => !largest.Contains(r.Component.Neuron)).Sum(r => r.Dla);
            Assert.Equal(others, some.Rows.Single(r => r.Component == new Component(ComponentKind.OtherNeurons, layer)).Dla, 1e-5);
        }

        Assert.True(some.RelativeError < Tolerance);
    }

    [Fact]
    public void The_value_bias_and_the_gain_can_be_rows_and_nothing_is_lost()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(heads: 4, keyHeads: 2));
        RunResult run = Record(model, RandomModel.Tokens(6, 2));
        var ledger = new ResidualLedger(model, run.Cache());
        StreamReading reading = ledger.ReadLogits(-1, run.LogitsAt(0, -1), 3, 7, gainRow: true);
        Decomposition parts = ledger.Attribute(
            reading, new DecompositionOptions { Detail = LedgerDetail.Source, ValueBiasRows = true });
        Assert.True(parts.RelativeError < Tolerance);
        Assert.Equal(12, parts.Rows.Count(r => r.Component.Kind == ComponentKind.ValueBias));
        Assert.Single(parts.Rows, r => r.Component.Label == "final_norm_gain");

        // A softmax sums to 1, so the bias arrives whole: b_V W_O of the head, along the same direction.
        Decomposition heads = ledger.Attribute(reading, new DecompositionOptions());
        foreach (DecompositionRow head in heads.Rows.Where(r => r.Component.Kind == ComponentKind.Head))
        {
            double split = parts.Rows.Where(r => (r.Component.Layer, r.Component.Head) == (head.Component.Layer, head.Component.Head))
                .Sum(r => r.Dla);
            Assert.Equal(head.Dla, split, 1e-5);
        }
    }

    [Fact]
    public void Norms_and_cosines_by_source_are_those_of_the_vectors()
    {
        ModelConfig config = RandomModel.Config(heads: 4, keyHeads: 2) with { BranchNorms = BranchNorms.BeforeAndAfter };
        TransformerModel model = RandomModel.Create(config);
        RunResult run = Record(model, RandomModel.Tokens(6, 2));
        var ledger = new ResidualLedger(model, run.Cache());
        Decomposition parts = ledger.Attribute(-1, run.LogitsAt(0, -1), 3, 7, LedgerDetail.Source);
        var vectors = ledger.Writes(-1, LedgerDetail.Source).ToDictionary(w => w.Component);
        foreach (DecompositionRow row in parts.Rows.Where(r => r.Component.Kind == ComponentKind.HeadSource))
        {
            ResidualWrite write = vectors[row.Component];
            double norm = Math.Sqrt(write.Vector.Sum(x => (double)x * x));
            Assert.Equal(norm, row.Norm, 1e-5 * Math.Max(1, norm));
            ReadOnlySpan<float> stream = run.Cache().Row(write.Before!.Value, -1);
            Assert.Equal(System.Numerics.Tensors.TensorPrimitives.CosineSimilarity(write.Vector, stream), row.Cosine!.Value, 1e-4);
        }
    }

    [Fact]
    public void A_recomputed_scale_normalises_each_write_alone()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        RunResult run = Record(model, RandomModel.Tokens(6, 2));
        var ledger = new ResidualLedger(model, run.Cache());
        StreamReading reading = ledger.ReadLogits(-1, run.LogitsAt(0, -1), 3);
        var options = new DecompositionOptions { Detail = LedgerDetail.Source, Scale = NormScale.Recomputed };
        Decomposition parts = ledger.Attribute(reading, options);
        var column = new float[24];
        model.Weights.Unembed.CopyOutput(3, column);
        foreach (ResidualWrite write in ledger.Writes(-1, LedgerDetail.Source))
        {
            double mean = write.Vector.Average(x => (double)x);
            double scale = Math.Sqrt(write.Vector.Average(x => (x - mean) * (x - mean)) + model.Config.NormEpsilon);
            double expected = write.Vector.Select((x, i) => (x - mean) / scale * model.Weights.FinalNorm!.Gain[i] * column[i]).Sum();
            Assert.Equal(expected, parts.Rows.Single(r => r.Component == write.Component).Dla, 1e-4);
        }

        TransformerModel post = RandomModel.Create(RandomModel.Config(BlockStyle.PostNorm));
        RunResult other = Record(post, RandomModel.Tokens(6, 2));
        var postLedger = new ResidualLedger(post, other.Cache());
        Assert.Contains("post-norm", Assert.Throws<InvalidInputException>(() => postLedger.Attribute(
            postLedger.ReadLogits(-1, other.LogitsAt(0, -1), 3), options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_map_of_all_sources_has_the_rows_of_every_position() =>
        Gen.Select(RandomModel.Configs.Where(c => c.Norm != NormKind.None), Gen.Int[0, 1000]).Sample(
            (config, seed) =>
            {
                TransformerModel model = RandomModel.Create(config, seed);
                int[] tokens = RandomModel.Tokens(6, seed);
                RunResult lean = model.Run(tokens, new RunOptions { Observe = SourceMap.Needs(model) });
                SourceMap map = new ResidualLedger(model, lean.Cache()).MapSources(lean, 3, 7);
                RunResult run = Record(model, tokens);
                var ledger = new ResidualLedger(model, run.Cache());
                for (int p = 0; p < tokens.Length; p++)
                {
                    Decomposition parts = ledger.Attribute(p, run.LogitsAt(0, p), 3, 7, LedgerDetail.Source);
                    double size = Math.Max(1, parts.Rows.Max(r => Math.Abs(r.Dla)));
                    Assert.Equal(map.Actual[p], map.Sum(p), Tolerance * Math.Max(size, map.Largest[p]));
                    foreach (Component c in parts.Rows.Select(r => r.Component).Where(c => c.Kind == ComponentKind.HeadSource))
                    {
                        double row = parts.Rows.Single(r => r.Component == c).Dla;
                        Assert.Equal(row, map[c.Layer, c.Head, p, c.Source], 1e-5 * size);
                    }
                }
            },
            iter: 60);

    // All that is allocated in the course of it, garbage included, bounds the peak from above.
    [Fact]
    public void The_map_of_all_sources_takes_less_memory_than_what_was_recorded()
    {
        ModelConfig config = RandomModel.Config(heads: 8, keyHeads: 8, head: 16) with { NLayers = 6, DModel = 64, NCtx = 256 };
        TransformerModel model = RandomModel.Create(config);
        RunResult run = model.Run(RandomModel.Tokens(200, 3), new RunOptions { Observe = SourceMap.Needs(model) });
        long recorded = run.Cache().Points.Sum(p => sizeof(float) * (long)run.Cache().Values(p).Length);
        var ledger = new ResidualLedger(model, run.Cache());
        ledger.MapSources(run, 3, 7);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ledger.MapSources(run, 3, 7);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, recorded);
    }

    [Fact]
    public void What_a_head_moves_can_be_followed_to_the_writes_of_its_source()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(heads: 4, keyHeads: 2));
        RunResult run = Record(model, RandomModel.Tokens(6, 2));
        var ledger = new ResidualLedger(model, run.Cache());
        StreamReading logits = ledger.ReadLogits(-1, run.LogitsAt(0, -1), 3, 7);
        Decomposition bySource = ledger.Attribute(logits, new DecompositionOptions { Detail = LedgerDetail.Source });
        Decomposition moved = ledger.Attribute(ledger.ReadMoved(logits, 2, 3, 1), new DecompositionOptions());
        double row = bySource.Rows.Single(r => r.Component == new Component(ComponentKind.HeadSource, 2, 3, Source: 1)).Dla;
        Assert.Equal(row, moved.Actual, 1e-5);
        Assert.Equal(row, moved.Sum, 1e-5);
    }

    private static double Score(TransformerModel model, ActivationCache cache, int destination, int source)
    {
        // The recorded score before cap, mask and position penalty: the scaled product of what the head compared.
        ModelConfig config = model.Config;
        int group = 1 / (config.NHeads / config.NKeyValueHeads);
        bool rotary = config.Positions == PositionKind.Rotary;
        float[] q = Compared(rotary ? HookKind.RotQ : HookKind.Q, HookKind.QNormNormalized, destination, 1, model.Weights.Blocks[2].Attention.QueryNorm);
        float[] k = Compared(rotary ? HookKind.RotK : HookKind.K, HookKind.KNormNormalized, source, group, model.Weights.Blocks[2].Attention.KeyNorm);
        return config.ScoreScale(2) * q.Zip(k, (a, b) => (double)a * b).Sum();

        float[] Compared(HookKind plain, HookKind normed, int position, int head, NormWeights? weights)
        {
            if (rotary || weights is null || config.Norm == NormKind.None)
            {
                return cache.Row(new HookPoint(plain, 2), position, head).ToArray();
            }

            float[] x = cache.Row(new HookPoint(normed, 2), position, head).ToArray();
            int first = weights.Gain.Length > config.DHead ? head * config.DHead : 0;
            return [.. x.Select((v, i) => (v * (weights.Gain.Length > 0 ? weights.Gain[first + i] : 1))
                + (weights.Bias.Length > 0 ? weights.Bias[first + i] : 0))];
        }
    }

    private static RunResult Record(TransformerModel model, int[] tokens) => model.Run(tokens, new RunOptions
    {
        Observe =
        [
            .. ResidualLedger.Needs(model, LedgerDetail.Source), .. ResidualLedger.InputNeeds(model, 2), Hook.UnembedIn,
        ],
    });
}

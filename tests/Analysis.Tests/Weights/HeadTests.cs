using Interp.Runtime;
using MathNet.Numerics.LinearAlgebra;

namespace Interp.Analysis.Tests.Weights;

/// <summary>Heads of the model whose circuit is known, and the low-rank product against the expanded one.</summary>
public sealed class HeadTests
{
    [Fact]
    public void The_planted_heads_are_found_and_the_controls_are_clean()
    {
        TransformerModel model = DemoModel.Create();
        ResultTable table = HeadScores.Table(model, HeadScores.Repetitions(model, 6, 6, 3), 1);
        Assert.Equal((DemoModel.PreviousTokenHead, true), Top("previous_token"));
        Assert.Equal((DemoModel.InductionHead, true), Top("induction"));
        double control = Value("induction_control", DemoModel.InductionHead), found = Value("induction", DemoModel.InductionHead);
        Assert.True(control < found / 3, $"{found} on repeated tokens, {control} on the control");
        Assert.All(table.Rows, r => Assert.True((double)r[4]! <= (double)r[3]! && (double)r[3]! <= (double)r[5]!));

        ((int, int), bool) Top(string score)
        {
            IReadOnlyList<object?>[] rows = [.. table.Rows.Where(r => (string)r[2]! == score).OrderByDescending(r => (double)r[3]!)];
            return (((int)rows[0][0]!, (int)rows[0][1]!), (double)rows[0][3]! > (double)rows[1][3]!);
        }

        double Value(string score, (int Layer, int Head) head) => (double)table.Rows
            .Single(r => (string)r[2]! == score && (int)r[0]! == head.Layer && (int)r[1]! == head.Head)[3]!;
    }

    [Fact]
    public void The_induction_head_composes_with_the_previous_token_head_through_its_keys()
    {
        TransformerModel model = DemoModel.Create();
        IReadOnlyList<object?> top = WeightTables.Composition(model).Rows.Where(r => (string)r[4]! == "k").MaxBy(r => (double)r[5]!)!;
        Assert.Equal(
            (DemoModel.PreviousTokenHead, DemoModel.InductionHead),
            (((int)top[0]!, (int)top[1]!), ((int)top[2]!, (int)top[3]!)));
    }

    [Fact]
    public void The_planted_copying_head_has_copying_score_one_and_pairs_each_word_with_itself()
    {
        TransformerModel model = DemoModel.Create();
        LowRank circuit = new HeadCircuits(model).FullOv(DemoModel.InductionHead.Layer, DemoModel.InductionHead.Head);
        Assert.Equal(1, circuit.CopyingScore(), 1e-9);
        Assert.All(circuit.TopEntries(32), e => Assert.Equal(e.Row, e.Column));
    }

    // Pair by pair from the two circuits in float64, for grouped queries as well.
    [Theory]
    [InlineData(4, 4)]
    [InlineData(4, 2)]
    [InlineData(4, 1)]
    public void Composition_of_all_heads_at_once_is_that_of_each_pair(int heads, int keyHeads)
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(heads: heads, keyHeads: keyHeads));
        var circuits = new HeadCircuits(model);
        ResultTable table = WeightTables.Composition(model);
        Assert.Equal(3 * 3 * 16, table.Rows.Count);
        foreach (IReadOnlyList<object?> row in table.Rows)
        {
            QkvInput input = (string)row[4]! switch { "q" => QkvInput.Query, "k" => QkvInput.Key, _ => QkvInput.Value };
            double expected = circuits.Composition(((int)row[0]!, (int)row[1]!), ((int)row[2]!, (int)row[3]!), input);
            Assert.Equal(expected, (double)row[5]!, 1e-5);
        }
    }

    // The score of the circuit between all tokens, expanded over the vocabulary.
    [Fact]
    public void The_full_copying_score_takes_no_sum_over_tokens_for_each_head()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(heads: 4, keyHeads: 2) with { EmbedScale = 3 });
        var circuits = new HeadCircuits(model);
        foreach ((int layer, int head) in WeightTables.All(model))
        {
            Assert.Equal(circuits.FullOv(layer, head).CopyingScore(), circuits.FullCopyingScore(layer, head), 1e-4);
        }
    }

    // The products written out, token by token.
    [Fact]
    public void The_tokens_of_a_neuron_are_those_with_the_largest_products()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(gated: true));
        ResultTable table = NeuronTokens.Table(model, 5, [(1, 7)]);
        FeedForwardWeights weights = model.Weights.Blocks[1].FeedForward!;
        float[] gate = new float[24], linear = new float[24], output = new float[24], token = new float[24], column = new float[24];
        weights.In.CopyOutput(7, gate);
        weights.Linear!.CopyOutput(7, linear);
        weights.Out.CopyInput(7, output);
        foreach ((string side, float[] vector) in new[] { ("in", gate), ("in_linear", linear), ("out", output) })
        {
            double[] products =
            [
                .. Enumerable.Range(0, 37).Select(t =>
                {
                    model.Weights.TokenEmbedding.CopyRow(t, token);
                    model.Weights.Unembed.CopyOutput(t, column);
                    return vector.Zip(side == "out" ? column : token, (a, b) => (double)a * b).Sum();
                }),
            ];
            int[] largest = [.. Enumerable.Range(0, 37).OrderByDescending(t => products[t]).Take(5)];
            Assert.Equal(largest, table.Rows.Where(r => (string)r[3]! == side).Select(r => (int)r[5]!));
        }

        Assert.Equal(15, table.Rows.Count);
        Assert.Contains(
            "L3N0", Assert.Throws<InvalidInputException>(() => NeuronTokens.Table(model, 5, [(3, 0)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_low_rank_product_has_the_numbers_of_the_expanded_one()
    {
        var random = new Random(5);
        Matrix<double> left = Matrix<double>.Build.Dense(30, 4, (_, _) => random.NextDouble() - 0.4);
        Matrix<double> right = Matrix<double>.Build.Dense(4, 30, (_, _) => random.NextDouble() - 0.4);
        var product = new LowRank(left, right);
        Matrix<double> whole = left * right;
        Assert.Equal(whole.FrobeniusNorm(), product.Norm, 1e-9);
        double[] singular = [.. whole.Svd(false).S.Take(4)];
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(singular[i], product.SingularValues()[i], 1e-9);
        }

        Assert.Equal(whole.Trace(), product.Eigenvalues().Sum(e => e.Real), 1e-9);
        (int, int)[] top = [.. whole.EnumerateIndexed().OrderByDescending(e => e.Item3).Take(10).Select(e => (e.Item1, e.Item2))];
        Assert.Equal(top, product.TopEntries(10).Select(e => (e.Row, e.Column)));
    }

    // Shift: nilpotent. Permutation: the n-th roots of 1. Zero: zeros.
    [Fact]
    public void Spectra_that_iterations_fail_at_are_exact()
    {
        Matrix<double> one = Matrix<double>.Build.DenseIdentity(9);
        Matrix<double> shift = Matrix<double>.Build.Dense(9, 9, (i, j) => j == i + 1 ? 1 : 0);
        Matrix<double> circle = Matrix<double>.Build.Dense(9, 9, (i, j) => j == (i + 1) % 9 ? 1 : 0);
        Assert.All(new LowRank(one, shift).Eigenvalues(), e => Assert.Equal(0, e.Magnitude));
        Assert.Equal(0, new LowRank(one, shift).CopyingScore());
        Assert.All(new LowRank(one, circle).Eigenvalues(), e => Assert.Equal(1, e.Magnitude, 1e-9));
        Assert.All(new LowRank(one, 0 * one).SingularValues(), s => Assert.Equal(0, s));
    }

    [Fact]
    public void Repeated_prompts_that_do_not_fit_are_refused() => Assert.Contains(
        "halves of 2 to", Assert.Throws<InvalidInputException>(() => HeadScores.Repetitions(DemoModel.Create(), 2, 60)).Message,
        StringComparison.Ordinal);
}

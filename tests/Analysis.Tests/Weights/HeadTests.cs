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

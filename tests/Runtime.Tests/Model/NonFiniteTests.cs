using Interp.Hooks;

namespace Interp.Runtime.Tests.Model;

/// <summary>A run whose values overflow says so, instead of giving zeros or NaN.</summary>
public sealed class NonFiniteTests
{
    private static readonly int[] Tokens = RandomModel.Tokens(5, 1);

    private static readonly TokenBatch Batch = new([[1, 2], Tokens]);

    [Theory]
    [InlineData(NormKind.Rms)]
    [InlineData(NormKind.LayerNorm)]
    public void A_stream_whose_squares_overflow_is_an_error_that_names_where(NormKind norm)
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(norm: norm));
        var huge = new RunOptions { Interventions = [Fill(1, 3, 1e30f, sequence: 1)] };
        Assert.Equal(
            "prompt 1: expected finite numbers, found infinite or undefined ones first at blocks.1.ln1.hook_scale at position 3",
            Assert.Throws<InvalidInputException>(() => model.Run(Batch, huge)).Message);
        Assert.Equal(
            new NonFinite(1, 3, new HookPoint(HookKind.Ln1Scale, 1)),
            model.Run(Batch, huge with { AllowNonFinite = true }).NonFinite);
        Assert.Null(model.Run(Batch, new RunOptions { Interventions = [Fill(1, 3, 1, sequence: 1)] }).NonFinite);
    }

    [Fact]
    public void Without_norms_the_logits_are_named()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(norm: NormKind.None));
        var undefined = new RunOptions { Interventions = [Fill(2, 3, float.NaN)], Logits = LogitRows.Last };
        Assert.Equal(
            "prompt 0: expected finite numbers, found infinite or undefined ones in the logits at position 4",
            Assert.Throws<InvalidInputException>(() => model.Run(Tokens, undefined)).Message);
        Assert.Null(model.Run(Tokens, undefined with { Logits = LogitRows.At(2) }).NonFinite);
    }

    [Fact]
    public void Norms_of_queries_are_watched_too()
    {
        TransformerModel model = RandomModel.Create(
            RandomModel.Config(norm: NormKind.Rms, positions: PositionKind.Rotary) with { QkNorm = QkNorm.PerHead });
        var steer = new Steer(Hook.Q(0), TensorValue.Vector([.. Enumerable.Repeat(1e30f, 8)]), 1, Scope.At(2).OnHeads(1));
        RunResult run = model.Run(Tokens, new RunOptions { Interventions = [steer], AllowNonFinite = true });
        Assert.Equal(new NonFinite(0, 2, new HookPoint(HookKind.QNormScale, 0)), run.NonFinite);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public void Generation_stops_with_the_error(bool useCache, float temperature)
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config());
        var options = new GenerateOptions
        {
            MaxNewTokens = 3,
            UseCache = useCache,
            Temperature = temperature,
            Interventions = [Fill(1, 5, float.NaN)],
        };
        string message = Assert.Throws<InvalidInputException>(() => model.Generate(new TokenBatch([Tokens]), options)).Message;
        Assert.EndsWith("first at blocks.1.ln1.hook_scale at position 5", message, StringComparison.Ordinal);
    }

    /// <summary>Fills the stream of one position with a number and, so that its variance is not zero, its opposite.</summary>
    private static Custom Fill(int layer, int position, float value, int sequence = 0) =>
        new(
            Hook.ResidPre(layer),
            "fill",
            (in Activation a) =>
            {
                if (position >= a.FirstPosition && position < a.FirstPosition + a.Positions)
                {
                    a.Row(position).Fill(value);
                    a.Row(position)[0] = -value;
                }
            },
            Scope.Everything.InSequences(sequence));
}

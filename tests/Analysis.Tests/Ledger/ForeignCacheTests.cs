using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Ledger;

/// <summary>Activations of one model and weights of another give no numbers but an error.</summary>
public sealed class ForeignCacheTests
{
    private static readonly int[] Tokens = [1, 5, 2, 7];

    [Fact]
    public void A_run_of_another_model_is_refused_with_both_hashes()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(), 1), other = RandomModel.Create(RandomModel.Config(), 2);
        ActivationCache foreign = Cache(other);
        foreach (Action read in new Action[]
                 {
                     () => _ = new ResidualLedger(model, foreign),
                     () => StackedResidual.Decomposed(model, foreign, -1),
                     () => HeadScores.Of(model, foreign, Tokens, HeadPattern.PreviousToken),
                     () => LogitLens.Read(model, foreign, Tokens, [], [-1], (_, _, _) => { }),
                 })
        {
            string message = Assert.Throws<InvalidInputException>(read).Message;
            Assert.StartsWith("activations: expected a run of this model", message, StringComparison.Ordinal);
            Assert.Contains(model.Sha256[..12], message, StringComparison.Ordinal);
            Assert.Contains(other.Sha256[..12], message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_run_before_weights_were_processed_is_refused_after_it()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(), 1);
        TransformerModel processed = WeightProcessing.Apply(model, [ProcessStep.FoldNorm]).Model;
        Assert.Contains(
            "derived from " + model.Sha256[..12],
            Assert.Throws<InvalidInputException>(() => new ResidualLedger(processed, Cache(model))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_weights_made_twice_are_the_same_model()
    {
        TransformerModel once = RandomModel.Create(RandomModel.Config(), 1), twice = RandomModel.Create(RandomModel.Config(), 1);
        Assert.NotEmpty(new ResidualLedger(once, Cache(twice)).Check(-1));
    }

    private static ActivationCache Cache(TransformerModel model) =>
        model.Run(Tokens, new RunOptions { Observe = [.. model.Hooks.Points.Select(p => (HookQuery)p)] }).Cache();
}

using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis.Tests.Patching;

/// <summary>
/// The demo model's mechanism is known exactly, so it is ground truth: exactly its two heads must be found, no others.
/// </summary>
public sealed class DemoModelTests
{
    private static readonly HeadRef[] Circuit =
    [
        new(DemoModel.PreviousTokenHead.Layer, DemoModel.PreviousTokenHead.Head),
        new(DemoModel.InductionHead.Layer, DemoModel.InductionHead.Head),
    ];

    private static readonly TransformerModel Model = DemoModel.Create();

    private static readonly PromptPair Pair = new()
    {
        Clean = Model.Tokenize(DemoModel.CleanPrompt),
        Corrupted = Model.Tokenize(DemoModel.CorruptedPrompt),
        Answers = Model.Tokenizer!.Encode(DemoModel.Answer, Runtime.Tokenization.BosMode.Never),
        Wrongs = Model.Tokenizer!.Encode(DemoModel.Wrong, Runtime.Tokenization.BosMode.Never),
    };

    [Fact]
    public void The_model_continues_a_repeated_name()
    {
        RunResult run = Model.Run(DemoModel.CleanPrompt);
        float[] logits = run.LogitsAt(0, -1).ToArray();
        int top = Array.IndexOf(logits, logits.Max());
        Assert.Equal(DemoModel.Answer, Model.TokenText(top));
        double probability = Math.Exp(logits[top]) / logits.Sum(l => Math.Exp(l));
        Assert.InRange(probability, 0.99, 1);
    }

    // Any two distinct words A B ... A are continued with B: the mechanism does not depend on the words.
    [Fact]
    public void Induction_works_for_every_pair_of_words()
    {
        for (int a = 1; a < 31; a++)
        {
            for (int b = 1; b < 31; b++)
            {
                if (a == b)
                {
                    continue;
                }

                int filler = Enumerable.Range(1, 31).First(w => w != a && w != b);
                float[] logits = Model.Run([0, a, b, filler, a]).LogitsAt(0, -1).ToArray();
                Assert.Equal(b, Array.IndexOf(logits, logits.Max()));
            }
        }
    }

    [Theory]
    [InlineData(PatchDirection.Denoise)]
    [InlineData(PatchDirection.Noise)]
    public void Patching_finds_exactly_the_two_heads(PatchDirection direction)
    {
        ResultTable table = PatchingSweep.Run(Model, [Pair], new SweepOptions { Sites = ["z"] }, direction);
        AssertCircuit(table, "effect", threshold: 0.5);
    }

    [Fact]
    public void Ablation_finds_exactly_the_two_heads()
    {
        ResultTable table = AblationSweep.Run(Model, [Pair], new SweepOptions { Sites = ["z"] });
        AssertCircuit(table, "effect", threshold: -5);
    }

    [Fact]
    public void The_ledger_gives_the_whole_logit_to_the_induction_head()
    {
        RunResult run = Model.Run(DemoModel.CleanPrompt, new RunOptions { Observe = ResidualLedger.Needs(Model, LedgerDetail.Source) });
        var ledger = new ResidualLedger(Model, run.Cache());
        Decomposition byHead = ledger.Attribute(-1, run.LogitsAt(0, -1), Pair.Answers[0], Pair.Wrongs[0]);
        foreach (DecompositionRow row in byHead.Rows)
        {
            bool induction = row.Component == new Component(ComponentKind.Head, Circuit[1].Layer, Circuit[1].Head);
            Assert.Equal(induction ? byHead.Actual : 0, row.Dla, 1e-5);
        }

        // It reads position 2, "met": the word after the first "Mary" (position 1, after <bos>).
        Decomposition bySource = ledger.Attribute(-1, run.LogitsAt(0, -1), Pair.Answers[0], Pair.Wrongs[0], LedgerDetail.Source);
        Assert.Equal(2, bySource.Rows.MaxBy(r => r.Dla)!.Component.Source);
    }

    // Heads of the circuit reach the threshold (in its direction); the effect of every other head is exactly zero.
    private static void AssertCircuit(ResultTable table, string column, double threshold)
    {
        Assert.Equal(8, table.Rows.Count);
        var heads = table.Values("layer").Zip(table.Values("head"), (l, h) => new HeadRef((int)l!, (int)h!));
        foreach ((HeadRef head, double effect) in heads.Zip(table.Values(column).Select(v => (double)v!)))
        {
            if (Circuit.Contains(head))
            {
                Assert.True(effect / threshold >= 1, $"{head}: {effect}");
            }
            else
            {
                Assert.Equal(0, effect);
            }
        }
    }
}

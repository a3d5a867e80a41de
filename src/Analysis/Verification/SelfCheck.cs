using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// A short check of a loaded model on itself: the logits of a few tokens are finite, every row of attention sums to one, and
/// the ledger adds up. It finds weights that are damaged or overflow; whether the model is the right one, only a reference
/// can tell (<see cref="Verification"/>).
/// </summary>
/// <param name="FiniteLogits">Whether all logits are finite.</param>
/// <param name="AttentionError">Largest distance of a row of attention from summing to one.</param>
/// <param name="LedgerError">Largest relative error of the ledger over all points of the stream.</param>
public sealed record SelfCheck(bool FiniteLogits, double AttentionError, double LedgerError)
{
    private const int Tokens = 4;

    // Rounding of sums, with a wide margin for streams in which a few huge coordinates cancel.
    private const double AttentionTolerance = 1e-4;
    private const double LedgerTolerance = 1e-3;

    /// <summary>What is wrong, in one line; null when nothing is.</summary>
    public string? Problem => this switch
    {
        { FiniteLogits: false } => "self-check: the logits of a short prompt are not finite; weights are damaged or overflow",
        { AttentionError: > AttentionTolerance } =>
            $"self-check: a row of attention sums to one only within {AttentionError:E1}, expected {AttentionTolerance:E0}",
        { LedgerError: > LedgerTolerance } =>
            $"self-check: the ledger adds up only within {LedgerError:E1}, expected {LedgerTolerance:E0}",
        _ => null,
    };

    /// <summary>Runs a few tokens.</summary>
    /// <param name="model">The model.</param>
    /// <param name="threads">Threads; 0 = one per core.</param>
    public static SelfCheck Run(TransformerModel model, int threads = 0)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelConfig config = model.Config;
        // Loops, not queries, here and below: this runs at the start of every command.
        var tokens = new List<int>();
        for (int token = 0; token < config.DVocab && tokens.Count < Math.Min(Tokens, config.NCtx); token++)
        {
            if (token != config.PaddingId)
            {
                tokens.Add(token);
            }
        }

        List<HookQuery> observed = [.. ResidualLedger.Needs(model, LedgerDetail.Head)];
        for (int layer = 0; layer < config.NLayers; layer++)
        {
            observed.Add(Hook.Pattern(layer));
        }

        RunResult run = model.Run(tokens, new RunOptions
        {
            Observe = observed,
            Logits = LogitRows.Last,
            AllowNonFinite = true,
            Threads = threads,
        });
        double attention = 0, ledger = 0;
        for (int layer = 0; layer < config.NLayers; layer++)
        {
            attention = Worst(attention, AttentionErrorOf(run.Cache().Values(Hook.Pattern(layer)), tokens.Count));
        }

        foreach (LedgerCheck check in new ResidualLedger(model, run.Cache()).Check(-1))
        {
            ledger = Worst(ledger, check.RelativeError);
        }

        return new SelfCheck(run.NonFinite is null, attention, ledger);
    }

    /// <summary>The largest distance of a row from summing to one.</summary>
    private static double AttentionErrorOf(float[] pattern, int keys)
    {
        double worst = 0;
        for (int first = 0; first < pattern.Length; first += keys)
        {
            double sum = -1;
            for (int key = first; key < first + keys; key++)
            {
                sum += pattern[key];
            }

            worst = Worst(worst, Math.Abs(sum));
        }

        return worst;
    }

    // A stream of zeros has no relative error; what is not finite otherwise shows in the logits, which are told first.
    private static double Worst(double worst, double next) => next > worst ? next : worst;
}

using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// The <c>lens</c> table: for each place and position the most likely token, and rank (0 = most likely), logit and probability of
/// a target token, entropy of the distribution, and its divergence KL(final || lens) from that of the run, in nats.
/// </summary>
public sealed class LensTable
{
    private readonly TransformerModel _model;

    /// <summary>Creates an empty table.</summary>
    /// <param name="model">The model.</param>
    /// <param name="named">Whether <c>id</c> and <c>group</c> of the prompt stand beside its number.</param>
    public LensTable(TransformerModel model, bool named = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        Table = TableSchemas.Lens.Create(named).From(model, finite: true);
    }

    /// <summary>The table so far.</summary>
    public ResultTable<LensRow> Table { get; }

    /// <summary>Reads one prompt and adds its rows.</summary>
    /// <param name="prompt">0-based row of the input.</param>
    /// <param name="pair">The prompt; its first answer is the target, else the run's own most likely token at each position.</param>
    /// <param name="run">The prompt's run: the places' points, and the logits of all positions.</param>
    /// <param name="sequence">The prompt's place in the run.</param>
    /// <param name="places">What is read.</param>
    /// <param name="positions">At which positions; empty = all.</param>
    /// <param name="translators">Translators of a tuned lens, or null.</param>
    /// <param name="threads">Threads; 0 = one per core.</param>
    /// <param name="cancellation">Stops between places.</param>
    /// <exception cref="InvalidInputException">A position is out of range, or a point was not recorded.</exception>
    public void Add(
        int prompt, PromptPair pair, RunResult run, int sequence, IReadOnlyList<LensPlace> places, IReadOnlyList<int> positions,
        TunedLens? translators = null, int threads = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pair);
        Table.Origin!.Add(pair);
        ArgumentNullException.ThrowIfNull(run);
        int[] wanted = positions.Count > 0 ? [.. positions] : [.. Enumerable.Range(0, pair.Clean.Count)];
        LogitLens.Read(
            _model, run.Cache(sequence), pair.Clean, places, wanted,
            (place, position, logits) => Row(prompt, pair, places[place], position, logits, run.LogitsAt(sequence, position)),
            translators, threads, cancellation);
    }

    private void Row(
        int prompt, PromptPair pair, LensPlace place, int position, ReadOnlySpan<float> logits, ReadOnlySpan<float> final)
    {
        int target = pair.Answers.Count > 0 ? pair.Answers[0] : TokenDistribution.MostLikely(final);
        double sum = TokenDistribution.LogSumExp(logits), finalSum = TokenDistribution.LogSumExp(final), entropy = 0, divergence = 0;
        int rank = 0;
        for (int t = 0; t < logits.Length; t++)
        {
            double log = logits[t] - sum, finalLog = final[t] - finalSum;
            entropy -= Math.Exp(log) * log;
            divergence += Math.Exp(finalLog) * (finalLog - log);
            rank += logits[t] > logits[target] ? 1 : 0;
        }

        Table.AddRow(new LensRow(
            pair.Row ?? prompt, pair.Id, pair.Group, HookTable.Row(place.Point.Kind).Site, place.Point.Layer,
            place.Head < 0 ? null : place.Head, position, _model.TokenText(pair.Clean[position]), _model.TokenText(target), rank,
            _model.TokenText(TokenDistribution.MostLikely(logits)), logits[target], Math.Exp(logits[target] - sum), entropy,
            divergence));
    }
}

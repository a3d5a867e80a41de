using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>A metric of the caller's own.</summary>
/// <param name="logits">
/// Logits of the tokens chosen, in their order, or of the whole vocabulary: [tokens], or of several positions [rows, tokens], positions
/// ascending.
/// </param>
/// <param name="pair">The prompts and tokens.</param>
public delegate double MetricFunction(ReadOnlySpan<float> logits, PromptPair pair);

internal sealed record CustomMetric(string Name, MetricFunction Function, Func<PromptPair, IReadOnlyList<int>>? Tokens);

/// <content>Metrics of the caller's own, which may read several positions.</content>
public sealed partial record Metric
{
    /// <summary>The positions as engines take them, for the prompts of pairs.</summary>
    internal LogitRows Rows(IReadOnlyList<PromptPair> pairs) => pairs.All(p => p.MetricPositions is null) && !(ReadsNext && Listed is null)
        ? LogitRows.At(IndexSet.Of([.. Listed ?? Last]))
        : LogitRows.Each([.. pairs.Select(p => IndexSet.Of([.. PositionsIn(p)]))]);

    /// <summary>The positions of the longest of some prompts, where what runs at most is counted.</summary>
    internal LogitRows MostRows(IReadOnlyList<PromptPair> pairs) =>
        pairs.Count == 0 ? LogitRows.Last : LogitRows.At(IndexSet.Of([.. PositionsIn(pairs.MaxBy(p => PositionsIn(p).Count)!)]));

    /// <summary>A metric of the caller's own.</summary>
    /// <param name="name">Name in tables.</param>
    /// <param name="function">
    /// Reads logits: those of the tokens chosen, in their order, or of the whole vocabulary when none are.
    /// </param>
    /// <param name="position">Position in the prompt; negative counts from the end.</param>
    /// <param name="tokens">The tokens whose logits are read, so that engines need not compute the others; null = all.</param>
    public static Metric Of(
        string name, MetricFunction function, int position = -1, Func<PromptPair, IReadOnlyList<int>>? tokens = null) =>
        Of(name, function, [position], tokens);

    /// <summary>A metric of the caller's own that reads several positions.</summary>
    /// <param name="name">Name in tables.</param>
    /// <param name="function">Reads logits, [rows, tokens], a row for each position, positions ascending in the prompt.</param>
    /// <param name="positions">Positions in the prompt, negative from the end, at least one; in no prompt may two be the same.</param>
    /// <param name="tokens">The tokens whose logits are read, in each row the same; null = all.</param>
    /// <exception cref="InvalidInputException">There is no position.</exception>
    public static Metric Of(
        string name, MetricFunction function, IReadOnlyList<int> positions, Func<PromptPair, IReadOnlyList<int>>? tokens = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(positions);
        return new Metric(MetricKind.Custom, null, new CustomMetric(name, function, tokens)).At(positions);
    }

    private void RequirePositions(PromptPair pair, int length, string prompt)
    {
        IReadOnlyList<int> positions = PositionsIn(pair);
        if (positions.Count == 0)
        {
            throw new InvalidInputException(ReadsNext && pair.MetricPositions is null
                ? $"{prompt}: metric {Name} needs a next token: expected at least 2 tokens, found {pair.Clean.Count}"
                : $"{prompt}: metric {Name}: expected at least one position, found none");
        }

        int[] resolved = [.. positions.Select(p => Positions.Resolve(p, length, prompt))];
        if (ReadsNext && resolved.Max() >= pair.Clean.Count - 1)
        {
            throw new InvalidInputException(
                $"{prompt}: metric {Name} reads position {resolved.Max()}; expected a position with a next token, 0..{pair.Clean.Count - 2}");
        }

        if (resolved.Distinct().Count() < resolved.Length)
        {
            throw new InvalidInputException(
                $"{prompt}: metric {Name} reads positions {string.Join(',', positions)}; expected each once, found two that are one of its {length}");
        }
    }

    private double EvaluateCustom(ReadOnlySpan<float> logits, PromptPair pair)
    {
        CustomMetric custom = _custom!;
        if (custom.Tokens?.Invoke(pair) is not { } tokens)
        {
            return custom.Function(logits, pair);
        }

        int rows = Listed!.Count, width = logits.Length / rows;
        var chosen = new float[tokens.Count * rows];
        for (int i = 0; i < chosen.Length; i++)
        {
            chosen[i] = logits[(i / tokens.Count * width) + tokens[i % tokens.Count]];
        }

        return custom.Function(chosen, pair);
    }
}

namespace Interp.Analysis;

/// <summary>
/// A sweep whose runs need values that are themselves computed, such as what senders send in path patching: they are made for
/// some runs at a time, so that memory does not grow with the number of cells.
/// </summary>
/// <param name="Budget">Bytes that the values of a stage may take; at least one run is in a stage, however small it is.</param>
/// <param name="Counter">For each stage anew: bytes of the values that a run (cell, prompt) needs beside those of the stage before it.</param>
/// <param name="Prepare">Makes the values of these runs, and lets those of the stage before go.</param>
internal sealed record SweepStages(
    long Budget, Func<Func<int, int, long>> Counter, Action<IReadOnlyList<(int Cell, int Prompt)>> Prepare)
{
    /// <summary>Consecutive runs whose values fit the budget together.</summary>
    /// <param name="items">The runs of the sweep.</param>
    /// <param name="left">Those of them that are to be made.</param>
    public IEnumerable<int[]> Of(IReadOnlyList<(int Cell, int Prompt)> items, IReadOnlyList<int> left)
    {
        List<int> stage = [];
        long held = 0;
        Func<int, int, long> count = Counter();
        foreach (int item in left)
        {
            long more = count(items[item].Cell, items[item].Prompt);
            if (stage.Count > 0 && held + more > Budget)
            {
                yield return [.. stage];
                stage.Clear();
                held = 0;
                count = Counter();
                more = count(items[item].Cell, items[item].Prompt);
            }

            stage.Add(item);
            held += more;
        }

        if (stage.Count > 0)
        {
            yield return [.. stage];
        }
    }
}

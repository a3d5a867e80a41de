using System.Collections;

namespace Interp.Analysis;

/// <summary>Adds the rows of a sweep's cells in order, while runs are measured in any order.</summary>
/// <param name="plan">The cells.</param>
/// <param name="items">The runs.</param>
/// <param name="add">Adds the row of a cell and a prompt.</param>
internal sealed class SweepProgressRows(SweepPlan plan, SweepItems items, Action<int, int, double> add)
{
    private readonly int[] _open = new int[plan.Cells];
    private int _next;

    /// <summary>What was measured.</summary>
    public SweepValues Values { get; } = new(items.Count);

    /// <summary>Adds the rows that are known beforehand.</summary>
    /// <returns>The runs that are left.</returns>
    public IReadOnlyList<int> Begin()
    {
        List<int> left = [];
        bool any = false;
        for (int cell = 0; cell < _open.Length; cell++)
        {
            (int first, int end) = items.Of(cell);
            for (int item = first; item < end; item++)
            {
                any |= Values.Has(item);
                _open[cell] += Values.Has(item) ? 0 : 1;
            }
        }

        if (!any)
        {
            return new AllRuns(items.Count);
        }

        for (int item = 0; item < items.Count; item++)
        {
            if (!Values.Has(item))
            {
                left.Add(item);
            }
        }

        AddWhole();
        return left;
    }

    /// <summary>Takes the measurement of a run.</summary>
    public void Add(int item, double value)
    {
        Values[item] = value;
        if (--_open[items[item].Cell] == 0)
        {
            AddWhole();
        }
    }

    /// <summary>Adds the rows of all finished cells when no more runs will come.</summary>
    /// <returns>The number of finished cells.</returns>
    public int AddFinished()
    {
        for (; _next < _open.Length; _next++)
        {
            if (_open[_next] == 0)
            {
                AddCell(_next);
            }
        }

        return _open.Count(open => open == 0);
    }

    private void AddWhole()
    {
        for (; _next < _open.Length && _open[_next] == 0; _next++)
        {
            AddCell(_next);
        }
    }

    private void AddCell(int cell)
    {
        (int first, int end) = items.Of(cell);
        for (int item = first; item < end; item++)
        {
            add(cell, items[item].Prompt, Values[item]);
        }
    }
}

/// <summary>The numbers of all runs, none of them stored.</summary>
internal sealed class AllRuns(int count) : IReadOnlyList<int>
{
    /// <inheritdoc/>
    public int Count => count;

    /// <inheritdoc/>
    public int this[int index] => index;

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => Enumerable.Range(0, count).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

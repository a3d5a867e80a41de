using System.Collections;

namespace Interp.Analysis;

/// <summary>The runs of a sweep, cell by cell: four bytes for each, because there may be ten million.</summary>
internal sealed class SweepItems : IReadOnlyList<(int Cell, int Prompt)>
{
    private readonly int[] _prompts;
    private readonly int[] _starts;

    /// <summary>Lists the runs.</summary>
    /// <param name="cells">Number of cells.</param>
    /// <param name="prompts">Number of prompts.</param>
    /// <param name="has">Whether a prompt has a cell.</param>
    public SweepItems(int cells, int prompts, Func<int, int, bool> has)
    {
        _starts = new int[cells + 1];
        _prompts = new int[checked(cells * prompts)];
        for (int cell = 0; cell < cells; cell++)
        {
            int at = _starts[cell];
            for (int prompt = 0; prompt < prompts; prompt++)
            {
                if (has(cell, prompt))
                {
                    _prompts[at++] = prompt;
                }
            }

            _starts[cell + 1] = at;
        }
    }

    /// <inheritdoc/>
    public int Count => _starts[^1];

    /// <inheritdoc/>
    public (int Cell, int Prompt) this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return (CellOf(index), _prompts[index]);
        }
    }

    /// <summary>The runs of a cell: the first, and the one after the last.</summary>
    public (int First, int End) Of(int cell) => (_starts[cell], _starts[cell + 1]);

    /// <inheritdoc/>
    public IEnumerator<(int Cell, int Prompt)> GetEnumerator() => Enumerable.Range(0, Count).Select(i => this[i]).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // The last cell that starts at or before the run; cells without runs start where the next one does.
    private int CellOf(int index)
    {
        int low = 0, high = _starts.Length - 1;
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            if (_starts[middle] <= index)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}

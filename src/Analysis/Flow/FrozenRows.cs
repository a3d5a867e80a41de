namespace Interp.Analysis;

/// <summary>
/// Parts of streams as rows of one matrix: for each source token the positions that it reaches, or for the biases all positions.
/// </summary>
internal sealed class FrozenRows
{
    /// <summary>The source of the part that biases write.</summary>
    public const int Biases = -1;

    private FrozenRows(IReadOnlyList<Part> parts)
    {
        Parts = parts;
        Positions = [.. parts.SelectMany(p => Enumerable.Range(p.Position, p.Count))];
    }

    /// <summary>One source.</summary>
    /// <param name="Source">Position in the input, or <see cref="Biases"/>.</param>
    /// <param name="Row">Its first row.</param>
    /// <param name="Position">The position of that row; the others follow.</param>
    /// <param name="Count">Number of rows.</param>
    public readonly record struct Part(int Source, int Row, int Position, int Count);

    /// <summary>The parts, in order of their rows.</summary>
    public IReadOnlyList<Part> Parts { get; }

    /// <summary>Position of each row.</summary>
    public int[] Positions { get; }

    /// <summary>All sources of a prompt, in matrices of few rows each: what is in memory does not grow with the square of its length.</summary>
    /// <param name="positions">Length of the prompt.</param>
    /// <param name="causal">Whether tokens reach later positions only.</param>
    /// <param name="rows">About how many rows a matrix may have; a single source may have more.</param>
    public static IEnumerable<FrozenRows> Split(int positions, bool causal, int rows)
    {
        var parts = new List<Part>();
        int next = 0;
        for (int source = Biases; source < positions; source++)
        {
            int first = causal ? Math.Max(0, source) : 0, count = positions - first;
            if (parts.Count > 0 && next + count > rows)
            {
                yield return new FrozenRows([.. parts]);
                parts.Clear();
                next = 0;
            }

            parts.Add(new Part(source, next, first, count));
            next += count;
        }

        yield return new FrozenRows(parts);
    }
}

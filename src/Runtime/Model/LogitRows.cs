using Interp.Hooks;

namespace Interp.Runtime;

/// <summary>For which positions of each sequence logits are computed. The default is <see cref="All"/>.</summary>
public readonly record struct LogitRows
{
    private readonly IndexSet _positions;

    private LogitRows(IndexSet positions) => _positions = positions;

    /// <summary>Every position.</summary>
    public static LogitRows All => default;

    /// <summary>The last position of each sequence.</summary>
    public static LogitRows Last => At(-1);

    /// <summary>None.</summary>
    public static LogitRows None => At(IndexSet.Of());

    /// <summary>These positions of each sequence.</summary>
    /// <param name="positions">Positions; negative ones count from each sequence's end.</param>
    public static LogitRows At(IndexSet positions) => new(positions);

    /// <summary><c>all</c>, or the positions.</summary>
    public override string ToString() => _positions.ToString();

    /// <summary>The positions in a sequence of this length, ascending.</summary>
    /// <exception cref="InvalidInputException">A position is out of range.</exception>
    internal int[] Resolve(int length, int sequence)
    {
        foreach (int position in _positions.Listed)
        {
            Positions.Resolve(position, length, $"prompt {sequence}");
        }

        return _positions.Resolve(length);
    }
}

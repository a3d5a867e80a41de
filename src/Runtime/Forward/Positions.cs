namespace Interp.Runtime;

/// <summary>Positions as users write them: 0-based, negative from the end.</summary>
public static class Positions
{
    /// <summary>Resolves a position.</summary>
    /// <param name="position">0-based; negative counts from the end.</param>
    /// <param name="length">Length of the sequence.</param>
    /// <param name="what">Names the sequence in the error.</param>
    /// <returns>A position in [0, length).</returns>
    /// <exception cref="InvalidInputException">The position is out of range.</exception>
    public static int Resolve(int position, int length, string what)
    {
        int index = position < 0 ? position + length : position;
        return (uint)index < (uint)length
            ? index
            : throw new InvalidInputException(
                $"position {position}: {what} has {length} tokens, expected {-length}..{length - 1}");
    }
}

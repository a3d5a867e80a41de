using System.Globalization;

namespace Interp.Cli;

/// <summary>Sizes of memory as users write them: <c>4GB</c>, <c>500MB</c>, <c>65536</c>.</summary>
internal static class MemorySize
{
    private static readonly (string Unit, double Bytes)[] Units =
        [("GB", 1L << 30), ("MB", 1L << 20), ("KB", 1L << 10), ("B", 1), ("", 1)];

    /// <summary>Reads a size.</summary>
    /// <exception cref="InvalidInputException">It is none, or below one byte.</exception>
    public static long Parse(string text)
    {
        (string unit, double factor) = Units.First(u => text.EndsWith(u.Unit, StringComparison.OrdinalIgnoreCase));
        return double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            && number * factor is >= 1 and < long.MaxValue
            ? (long)(number * factor)
            : throw new InvalidInputException($"--memory '{text}': expected a size such as 4GB, 500MB or 65536");
    }
}

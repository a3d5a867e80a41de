using System.Globalization;

namespace Interp.Cli;

/// <summary>What people call the cells of a sweep.</summary>
internal static class SweepLabels
{
    /// <summary><c>L9H6</c>, <c>L9</c>, <c>L9N233</c>, or nothing outside the blocks.</summary>
    /// <param name="names">The columns of a table.</param>
    /// <param name="row">A row of it.</param>
    public static string Of(IReadOnlyList<string> names, IReadOnlyList<object?> row)
    {
        return Part("L", "layer") + Part("H", "head") + Part("N", "neuron");

        string Part(string letter, string column)
        {
            int at = names.ToList().IndexOf(column);
            return at >= 0 && row[at] is int value ? letter + value.ToString(CultureInfo.InvariantCulture) : "";
        }
    }
}

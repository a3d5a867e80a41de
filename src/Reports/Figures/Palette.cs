namespace Interp.Reports;

/// <summary>
/// Colours that are told apart with every kind of colour vision. Scales are those of a light page; the page exchanges them in the dark
/// (by <see cref="Diverging"/> and <see cref="Sequential"/>, the names that figures carry).
/// </summary>
internal static class Palette
{
    /// <summary>Name of the scale of values around 0.</summary>
    public const string Diverging = "diverging";

    /// <summary>Name of the scale of values from 0.</summary>
    public const string Sequential = "sequential";

    /// <summary>A value above 0.</summary>
    public const string Positive = "#d1603d";

    /// <summary>A value below 0.</summary>
    public const string Negative = "#3f7fbf";

    /// <summary>A total, or what is compared with.</summary>
    public const string Total = "#7a8290";

    /// <summary>Series: the palette of Okabe and Ito (2008), without black and yellow.</summary>
    public static IReadOnlyList<string> Series { get; } = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"];

    /// <summary>The stops of a scale.</summary>
    /// <param name="name">Name of the scale.</param>
    public static object[][] Scale(string name) => name == Diverging
        ? Stops("#2166ac", "#67a9cf", "#d1e5f0", "#f7f7f7", "#fddbc7", "#ef8a62", "#b2182b")
        : Stops("#fbfcfe", "#dbe9f6", "#a6cee4", "#5ba3cf", "#2171b5", "#08306b");

    private static object[][] Stops(params string[] colours) =>
        [.. colours.Select((colour, i) => new object[] { (double)i / (colours.Length - 1), colour })];
}

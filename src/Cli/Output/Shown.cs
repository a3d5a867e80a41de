using System.Globalization;
using Interp.Analysis;

namespace Interp.Cli;

/// <summary>Values as people read them.</summary>
internal static class Shown
{
    /// <summary>A token's text in quotes, so that spaces are seen; control characters are escaped.</summary>
    public static string Token(string text) => Quoted.Token(text);

    /// <summary>A number with enough digits to compare.</summary>
    public static string Number(double? value) => value switch
    {
        null => "",
        0 => "0",
        { } v when Math.Abs(v) is >= 1e-3 and < 1e6 => v.ToString("0.0000", CultureInfo.InvariantCulture),
        { } v => v.ToString("0.00e+0", CultureInfo.InvariantCulture),
    };

    /// <summary>A count with separators.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number of bytes.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1L << 10 => $"{bytes} bytes",
        < 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB"),
        < 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.00} GiB"),
    };
}

using System.Security.Cryptography;
using System.Text;
using Plotly.NET;

namespace Interp.Reports;

/// <summary>Scripts and styles of a page. plotly.js is the one that Plotly.NET carries.</summary>
internal static class PageAssets
{
    private static readonly string[] ScriptFiles = ["theme.js", "view.js", "controls.js", "attention.js", "keyboard.js", "start.js"];

    /// <summary>plotly.js, minified.</summary>
    public static string Plotly { get; } = ReadPlotly();

    /// <summary>The page's own script.</summary>
    public static string Script { get; } =
        "(() => {\n'use strict';\n" + string.Concat(ScriptFiles.Select(Read)) + "})();\n";

    /// <summary>The page's style sheet.</summary>
    public static string Style { get; } = Read("page.css");

    /// <summary>What a content security policy calls a script.</summary>
    public static string Hash(string script) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'";

    private static string Read(string name)
    {
        using Stream stream = typeof(PageAssets).Assembly.GetManifestResourceStream($"Interp.Reports.{name}")!;
        return new StreamReader(stream).ReadToEnd().ReplaceLineEndings("\n");
    }

    private static string ReadPlotly()
    {
        var assembly = typeof(GenericChart).Assembly;
        string name = assembly.GetManifestResourceNames().Single(n => n.EndsWith(".min.js", StringComparison.Ordinal));
        using Stream stream = assembly.GetManifestResourceStream(name)!;
        return new StreamReader(stream).ReadToEnd();
    }
}

using Interp.Analysis;

namespace Interp.Export;

/// <summary>One table on the standard output or any other stream.</summary>
public static class ResultOutput
{
    /// <summary>The formats that a stream can have.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["arrow-stream", "csv", "jsonl"];

    /// <summary>Begins an Arrow IPC stream. It follows when the table is finished, with metadata and whole dictionaries first.</summary>
    /// <param name="stream">Receives the bytes; stays open.</param>
    /// <param name="compression">How buffers are compressed.</param>
    public static TableWriter Arrow(Stream stream, Compression compression = Compression.None)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return ArrowTableWriter.ToStream(stream, compression);
    }

    /// <summary>Begins comma-separated values.</summary>
    /// <param name="text">Receives the text as it comes; stays open.</param>
    public static TableWriter Csv(TextWriter text) => TextTableWriter.ToText(text, csv: true);

    /// <summary>Begins JSON lines.</summary>
    /// <param name="text">Receives the text as it comes; stays open.</param>
    public static TableWriter JsonLines(TextWriter text) => TextTableWriter.ToText(text, csv: false);
}

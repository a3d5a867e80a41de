using System.Text;
using Interp.Analysis;

namespace Interp.Export;

/// <summary>Writes a table as text, batch by batch as it comes: comma-separated values or JSON lines.</summary>
internal sealed class TextTableWriter : TableWriter
{
    private readonly bool _csv;
    private readonly Action<Action<TextWriter>> _write;
    private readonly PendingFile? _file;

    private TextTableWriter(bool csv, Action<Action<TextWriter>> write, PendingFile? file = null)
        : base(file?.Path) => (_csv, _write, _file) = (csv, write, file);

    /// <summary>A writer of a file, UTF-8 without byte order mark, which appears whole or not at all.</summary>
    public static TextTableWriter ToFile(string path, bool csv)
    {
        PendingFile file = PendingFile.Create(path);
        return new TextTableWriter(
            csv,
            write => file.Write(stream =>
            {
                using var text = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true);
                write(text);
            }),
            file);
    }

    /// <summary>A writer to somebody who reads along.</summary>
    public static TextTableWriter ToText(TextWriter text, bool csv) => new(csv, write => write(text));

    /// <inheritdoc/>
    protected override void Begin()
    {
        if (_csv)
        {
            _write(text => CsvWriter.WriteHeader(Columns, text));
        }
    }

    /// <inheritdoc/>
    protected override void WriteRows(ResultTable rows) => _write(text =>
    {
        if (_csv)
        {
            CsvWriter.WriteRows(rows, text);
        }
        else
        {
            JsonLinesWriter.Write(rows, text);
        }
    });

    /// <inheritdoc/>
    protected override void End() => _file?.Commit(Path!);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _file?.Dispose();
}

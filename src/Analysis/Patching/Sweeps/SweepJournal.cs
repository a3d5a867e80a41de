using System.Globalization;
using System.Text;

namespace Interp.Analysis;

/// <summary>
/// A file in which a sweep notes each measurement as it is made, so that a sweep that was stopped can go on. It belongs to one run:
/// the first line says which (<see cref="SweepIdentity"/>), and while a sweep goes on nobody else can open it. Each other line is a run, the
/// bits of its metric and a check of both; a last line that was cut off is not read.
/// </summary>
public sealed class SweepJournal
{
    private static readonly TimeSpan BetweenWrites = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly bool _resume;
    private readonly StringBuilder _pending = new();
    private FileStream? _file;
    private JournalFormat? _format;
    private DateTime _written = DateTime.UtcNow;

    /// <summary>Names the file; nothing is read or written before the sweep begins.</summary>
    /// <param name="path">The file.</param>
    /// <param name="resume">
    /// Whether measurements in an existing file are taken over; otherwise the file begins anew. One of another run is refused either way.
    /// </param>
    public SweepJournal(string path, bool resume)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = path;
        _resume = resume;
    }

    /// <summary>The file.</summary>
    public string Path => _path;

    /// <summary>How many measurements were taken over.</summary>
    public int TakenOver { get; private set; }

    /// <summary>Takes over what was measured before.</summary>
    /// <param name="identity">The sweep.</param>
    /// <param name="values">Receives the measurements.</param>
    /// <exception cref="InvalidInputException">
    /// The file belongs to another run, is being written by another process, was changed, or is no journal.
    /// </exception>
    internal void Begin(SweepIdentity identity, SweepValues values)
    {
        _format = new JournalFormat(_path, identity);
        try
        {
            if (File.Exists(_path))
            {
                _file = Open(FileMode.Open);
                _file.SetLength(_format.Read(_file, _resume, (item, value) =>
                {
                    if (item >= values.Count)
                    {
                        return false;
                    }

                    TakenOver += values.Has(item) ? 0 : 1;
                    values[item] = value;
                    return true;
                }));
                _file.Position = _file.Length;
            }
        }
        catch
        {
            End();
            throw;
        }
    }

    /// <summary>Notes a measurement.</summary>
    internal void Add(int item, double value)
    {
        _pending.Append(_format!.Line(item, value));
        if (DateTime.UtcNow - _written > BetweenWrites)
        {
            Flush();
        }
    }

    /// <summary>Writes what is noted but not written, and lets others have the file.</summary>
    internal void End()
    {
        try
        {
            Flush();
        }
        finally
        {
            _file?.Dispose();
            _file = null;
        }
    }

    /// <summary>Removes the file; the sweep is whole.</summary>
    public void Remove() => File.Delete(_path);

    // The file appears with the first measurement; a line is written in one piece with those before it.
    private void Flush()
    {
        if (_pending.Length > 0)
        {
            _file ??= Open(FileMode.CreateNew);
            if (_file.Length == 0)
            {
                _pending.Insert(0, _format!.Header);
            }

            string text = _pending.ToString();
            _pending.Clear();
            try
            {
                _file.Write(Encoding.ASCII.GetBytes(text));
                _file.Flush();
            }
            catch (IOException exception)
            {
                throw new InvalidInputException($"{_path}: cannot be written ({exception.Message.ReplaceLineEndings(" ")})", exception);
            }
        }

        _written = DateTime.UtcNow;
    }

    private FileStream Open(FileMode mode)
    {
        try
        {
            return new FileStream(_path, mode, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception is not DirectoryNotFoundException && File.Exists(_path))
        {
            throw new InvalidInputException(
                $"{_path}: another process is writing this journal; expected one at a time: wait for that one, or write somewhere else", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{_path}: cannot be opened ({exception.Message.ReplaceLineEndings(" ")})", exception);
        }
    }
}

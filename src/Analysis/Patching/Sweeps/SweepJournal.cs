using System.Globalization;
using System.Text;

namespace Interp.Analysis;

/// <summary>
/// A file in which a sweep notes each measurement as it is made, so that a sweep that was stopped can go on. The first line
/// names the sweep, each other line a run and the bits of its metric; a last line that was cut off is not read.
/// </summary>
public sealed class SweepJournal
{
    private const string Header = "interp sweep journal 1 ";
    private static readonly TimeSpan BetweenWrites = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly bool _resume;
    private readonly StringBuilder _pending = new();
    private bool _empty;
    private DateTime _written = DateTime.UtcNow;

    /// <summary>Names the file; nothing is read or written before the sweep begins.</summary>
    /// <param name="path">The file.</param>
    /// <param name="resume">Whether measurements in an existing file are taken over; otherwise the file begins anew.</param>
    public SweepJournal(string path, bool resume)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = path;
        _resume = resume;
    }

    /// <summary>How many measurements were taken over.</summary>
    public int TakenOver { get; private set; }

    /// <summary>Takes over what was measured before.</summary>
    /// <param name="fingerprint">Names the sweep.</param>
    /// <param name="values">Receives the measurements.</param>
    /// <exception cref="InvalidInputException">The file belongs to another sweep, or is no journal.</exception>
    internal void Begin(string fingerprint, SweepValues values)
    {
        if (!_resume || !File.Exists(_path))
        {
            // The file appears with the first measurement.
            File.Delete(_path);
            _pending.Clear().Append(Header).Append(fingerprint).Append('\n');
            _empty = true;
            return;
        }

        string text = File.ReadAllText(_path);
        string[] lines = text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0 || !lines[0].StartsWith(Header, StringComparison.Ordinal))
        {
            throw new InvalidInputException($"{_path}: expected the journal of a sweep, found another file");
        }

        if (lines[0][Header.Length..] != fingerprint)
        {
            throw new InvalidInputException(
                $"{_path}: it was written by a sweep over another model, other prompts, cells or metrics; remove it, or run without resuming");
        }

        for (int i = 1; i < lines.Length; i++)
        {
            string[] parts = lines[i].Split(' ');
            if (parts.Length != 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int item)
                || item >= values.Count
                || !long.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long bits))
            {
                throw new InvalidInputException($"{_path}, line {i + 1}: expected a run and the bits of its metric, found '{lines[i]}'");
            }

            TakenOver += values.Has(item) ? 0 : 1;
            values[item] = BitConverter.Int64BitsToDouble(bits);
        }

        // What was cut off stays out, so that the next line begins a line.
        AtomicFile.Write(_path, stream => stream.Write(Encoding.ASCII.GetBytes(string.Join('\n', lines) + "\n")));
    }

    /// <summary>Notes a measurement.</summary>
    internal void Add(int item, double value)
    {
        _empty = false;
        _pending.Append(CultureInfo.InvariantCulture, $"{item} {BitConverter.DoubleToInt64Bits(value):x16}\n");
        if (DateTime.UtcNow - _written > BetweenWrites)
        {
            Flush();
        }
    }

    /// <summary>Writes what is noted but not written.</summary>
    internal void Flush()
    {
        if (_pending.Length > 0 && !_empty)
        {
            File.AppendAllText(_path, _pending.ToString());
            _pending.Clear();
        }

        _written = DateTime.UtcNow;
    }

    /// <summary>Removes the file; the sweep is whole.</summary>
    public void Remove() => File.Delete(_path);
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Interp.Analysis;

/// <summary>How a journal is written: a line that names the run, then a line per measurement, all of it ASCII.</summary>
/// <param name="path">The file, for messages.</param>
/// <param name="identity">The sweep.</param>
internal sealed class JournalFormat(string path, SweepIdentity identity)
{
    private const string Magic = "interp sweep journal ", Version = "2 ";
    private const string Anew = "repeat that run with --resume, write somewhere else, or remove the file to begin anew";

    private readonly string _run = identity.Run;

    /// <summary>The first line.</summary>
    public string Header => $"{Magic}{Version}{_run};{string.Join(';', identity.Parts.Select(p => $"{p.Name}={p.Value}"))}\n";

    /// <summary>The line of a measurement.</summary>
    public string Line(int item, double value)
    {
        string measured = string.Create(CultureInfo.InvariantCulture, $"{item} {BitConverter.DoubleToInt64Bits(value):x16}");
        return $"{measured} {Check(measured)}\n";
    }

    /// <summary>Reads a journal.</summary>
    /// <param name="file">The file, from its start.</param>
    /// <param name="take">Whether its measurements are wanted; otherwise it only has to belong to the run.</param>
    /// <param name="add">Receives a measurement; says whether the sweep has such a run.</param>
    /// <returns>How many bytes of the file remain; 0 = it begins anew.</returns>
    /// <exception cref="InvalidInputException">It belongs to another run, was changed, or is no journal.</exception>
    public long Read(FileStream file, bool take, Func<int, double, bool> add)
    {
        // One byte is one character, so that lengths of lines are lengths in the file.
        using var reader = new StreamReader(file, Encoding.Latin1, false, 1 << 16, leaveOpen: true);
        bool whole = NextLine(reader, out string header);
        if (!whole && (Magic.StartsWith(header, StringComparison.Ordinal) || header.StartsWith(Magic, StringComparison.Ordinal)))
        {
            // Cut off in its first line: nothing was measured.
            return 0;
        }

        RequireOwn(header);
        if (!take)
        {
            return 0;
        }

        long read = header.Length + 1;
        for (int number = 2; NextLine(reader, out string line); number++)
        {
            read += line.Length + 1;
            string[] parts = line.Split(' ');
            if (parts.Length != 3 || parts[2] != Check($"{parts[0]} {parts[1]}")
                || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int item)
                || !long.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long bits)
                || !add(item, BitConverter.Int64BitsToDouble(bits)))
            {
                throw new InvalidInputException(
                    $"{path}, line {number}: expected a run of this sweep, the bits of its metric and the check of both, found '{Visible(line)}', "
                    + "which was changed since it was written; remove the line, whose run is then made again, or the file to begin anew");
            }
        }

        return read;
    }

    /// <summary>Reads a line; false when the file ends before the line does.</summary>
    private static bool NextLine(StreamReader reader, out string line)
    {
        var text = new StringBuilder();
        int next;
        while ((next = reader.Read()) is not ('\n' or -1))
        {
            text.Append((char)next);
        }

        line = text.ToString();
        return next == '\n';
    }

    private void RequireOwn(string header)
    {
        if (!header.StartsWith(Magic, StringComparison.Ordinal))
        {
            throw new InvalidInputException($"{path}: expected the journal of a sweep, found another file; write somewhere else, or remove it");
        }

        if (!header.StartsWith(Magic + Version, StringComparison.Ordinal))
        {
            throw new InvalidInputException(
                $"{path}: expected a journal of version {Version.TrimEnd()}, found one that another version of interp wrote; finish it with that one, "
                + "write somewhere else, or remove the file to begin anew");
        }

        string[] fields = header[(Magic.Length + Version.Length)..].Split(';');
        (string Name, string Value)[] parts = [.. fields.Skip(1).Select(f => f.Split('=', 2)).Select(f => (f[0], f[^1]))];
        if (SweepIdentity.RunOf(parts) != fields[0])
        {
            throw new InvalidInputException(
                $"{path}, line 1: expected the name of a run, found one that was changed since it was written; write somewhere else, or remove the file to begin anew");
        }

        if (fields[0] != _run)
        {
            throw new InvalidInputException($"{path}: it belongs to another run, which differs from this one in {Differences(parts)}; {Anew}");
        }
    }

    private string Differences((string Name, string Value)[] there)
    {
        Dictionary<string, string> old = there.ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
        return string.Join(", ", identity.Parts.Where(p => old.GetValueOrDefault(p.Name) != p.Value).Select(p =>
            p.Value.Length < 64 && old.TryGetValue(p.Name, out string? found) ? $"{p.Name} ({found} there, {p.Value} here)" : p.Name));
    }

    // The run is part of the check: a line of another journal does not fit this one.
    private string Check(string measured) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes($"{_run} {measured}")).AsSpan(0, 8));

    private static string Visible(string line) =>
        string.Concat(line.Take(80).Select(c => c is >= ' ' and <= '~' ? c : '?')) + (line.Length > 80 ? "..." : "");
}

using Interp.Onnx.Format;
using Interp.Runtime.Weights;
using Microsoft.Win32.SafeHandles;

namespace Interp.Onnx;

/// <summary>The files beside an ONNX file that hold its large tensors. They must lie in the same folder or below it.</summary>
/// <param name="path">The ONNX file.</param>
internal sealed class ExternalData(string path) : IDisposable
{
    private const int MostLinks = 40;

    private readonly string _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
    private readonly SortedDictionary<string, SourceFile> _files = new(StringComparer.Ordinal);

    /// <summary>The open files in ordinal order of their names.</summary>
    public IEnumerable<SourceFile> Files => _files.Values;

    /// <summary>Finds the bytes of a tensor.</summary>
    /// <param name="tensor">A tensor whose data is external.</param>
    /// <param name="name">The tensor's place, for messages.</param>
    /// <param name="bytes">How many bytes its shape asks for.</param>
    /// <returns>The file and where in it the tensor begins.</returns>
    /// <exception cref="InvalidInputException">The file is outside the folder, missing or too short.</exception>
    public (SafeFileHandle File, long Offset) Find(TensorProto tensor, string name, long bytes)
    {
        string location = "";
        long offset = 0, length = bytes;
        foreach (StringStringEntryProto entry in tensor.ExternalData)
        {
            switch (entry.Key)
            {
                case "location":
                    location = entry.Value;
                    break;
                case "offset":
                    offset = Number(name, entry);
                    break;
                case "length":
                    length = Number(name, entry);
                    break;
                default:
                    break;
            }
        }

        SourceFile file = Open(location, name);
        long size = file.Length;
        if (length != bytes)
        {
            throw new InvalidInputException($"{path}: {name}: expected {bytes} bytes of external data, found a length of "
                + $"{length}");
        }

        if (offset > size - bytes)
        {
            throw new InvalidInputException($"{path}: {name}: expected bytes {offset} to {(UInt128)offset + (ulong)bytes} "
                + $"of {OneLine.Quote(location)}, found a file of {size} bytes");
        }

        return (file.Handle, offset);
    }

    /// <summary>Makes sure that no file was edited since it was opened.</summary>
    /// <exception cref="InvalidInputException">One was.</exception>
    public void ThrowIfChanged()
    {
        foreach (SourceFile file in _files.Values)
        {
            file.ThrowIfChanged();
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (SourceFile file in _files.Values)
        {
            file.Dispose();
        }
    }

    private long Number(string name, StringStringEntryProto entry) =>
        long.TryParse(entry.Value, System.Globalization.NumberStyles.None, null, out long value)
            ? value
            : throw new InvalidInputException(
                $"{path}: {name}: external {entry.Key}: expected a number of bytes, found {OneLine.Quote(entry.Value)}");

    private SourceFile Open(string location, string name)
    {
        if (_files.TryGetValue(location, out SourceFile? known))
        {
            return known;
        }

        string[] parts = location.Split('/', '\\');
        if (Path.IsPathRooted(location) || location.Contains(':', StringComparison.Ordinal) || location.Any(char.IsControl)
            || parts.Any(part => part is "" or "." or ".."))
        {
            throw new InvalidInputException($"{path}: {name}: external data must lie in the model's own folder, "
                + $"found the path {OneLine.Quote(location)}");
        }

        string at = Path.Combine([_folder, .. parts]);
        if (!Real(at, name).StartsWith(Real(_folder, name) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new InvalidInputException(
                $"{path}: {name}: external data {OneLine.Quote(location)} is a link that leads out of the model's folder");
        }

        if (!File.Exists(at))
        {
            throw new InvalidInputException($"{path}: {name}: expected its external data in {at}, found no such file");
        }

        SourceFile file = SourceFile.Open(at);
        _files.Add(location, file);
        return file;
    }

    /// <summary>A path with every link on the way followed: a link inside the folder may lead to another that leaves it.</summary>
    private string Real(string full, string name)
    {
        string root = Path.GetPathRoot(full)!, at = root;
        var waiting = new Stack<string>(Parts(full[root.Length..]));
        for (int links = 0; waiting.TryPop(out string? part);)
        {
            string next = Path.GetFullPath(Path.Combine(at, part));
            FileSystemInfo info = Directory.Exists(next) ? new DirectoryInfo(next) : new FileInfo(next);
            if (info.LinkTarget is not { } target)
            {
                at = next;
                continue;
            }

            if (++links > MostLinks)
            {
                throw new InvalidInputException($"{path}: {name}: expected at most {MostLinks} links on the way to its external data");
            }

            at = Path.IsPathRooted(target) ? Path.GetPathRoot(target)! : at;
            foreach (string step in Parts(Path.IsPathRooted(target) ? target[at.Length..] : target))
            {
                waiting.Push(step);
            }
        }

        return at;

        static IEnumerable<string> Parts(string text) =>
            text.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse();
    }
}

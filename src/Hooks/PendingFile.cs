namespace Interp;

/// <summary>
/// A file that is written while work goes on, beside its final place: it appears there when it is committed, whole, or not at
/// all. A process that is killed leaves nothing under the final name.
/// </summary>
public sealed class PendingFile : IDisposable
{
    private const int BufferBytes = 1 << 16;

    private readonly string _aside;
    private readonly FileStream _stream;
    private bool _committed;

    private PendingFile(string path, string aside, FileStream stream)
    {
        Path = path;
        _aside = aside;
        _stream = stream;
    }

    /// <summary>The final place.</summary>
    public string Path { get; }

    /// <summary>Begins a file.</summary>
    /// <param name="path">The final place; a file that is there is replaced when the new one is committed.</param>
    /// <exception cref="InvalidInputException">Nothing can be written there.</exception>
    public static PendingFile Create(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string aside = AsideFile.NameFor(path);
        return Guarded(path, () => new PendingFile(
            path, aside, new FileStream(aside, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, BufferBytes)));
    }

    /// <summary>Writes a part of the content.</summary>
    /// <param name="write">Writes to a stream that it leaves open.</param>
    /// <exception cref="InvalidInputException">It cannot be written.</exception>
    public void Write(Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        Guarded(Path, () =>
        {
            write(_stream);
            return true;
        });
    }

    /// <summary>Puts the file in its final place.</summary>
    /// <exception cref="InvalidInputException">It cannot be put there.</exception>
    public void Commit() => Commit(Path);

    /// <summary>Puts the file in another place of the same folder instead.</summary>
    /// <param name="path">The place; a file that is there is replaced.</param>
    /// <exception cref="InvalidInputException">It cannot be put there.</exception>
    public void Commit(string path) => Guarded(path, () =>
    {
        _stream.Dispose();
        File.Move(_aside, path, overwrite: true);
        return _committed = true;
    });

    /// <summary>Removes what was written, unless it was committed.</summary>
    public void Dispose()
    {
        if (_committed)
        {
            return;
        }

        try
        {
            _stream.Dispose();
        }
        catch (IOException)
        {
            // What cannot be written out any more is thrown away all the same.
        }

        File.Delete(_aside);
    }

    private static T Guarded<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw AtomicFile.NotWritable(path, exception);
        }
    }
}

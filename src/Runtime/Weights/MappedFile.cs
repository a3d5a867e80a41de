using System.IO.MemoryMappedFiles;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Weights;

/// <summary>
/// A file mapped into memory for reading. It is safe for several threads; the file must not be shortened by others while it is
/// mapped.
/// </summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private const int BytesAtOnce = 1 << 20;

    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly byte* start;
    private bool disposed;

    private MappedFile(FileStream file)
    {
        Length = file.Length;
        map = MemoryMappedFile.CreateFromFile(
            file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        view = map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        start = pointer + view.PointerOffset;
    }

    /// <summary>The file's size in bytes when it was mapped.</summary>
    public long Length { get; }

    /// <summary>Maps a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kind">What it should be, such as <c>GGUF file</c>, for messages.</param>
    /// <param name="least">The fewest bytes such a file can have, at least 1.</param>
    /// <exception cref="InvalidInputException">The file is missing, too short or cannot be read.</exception>
    public static MappedFile Open(string path, string kind, int least)
    {
        if (!File.Exists(path))
        {
            throw new InvalidInputException($"{path}: expected a {kind}, found "
                + (Directory.Exists(path) ? "a directory" : "no such file"));
        }
        try
        {
            using FileStream file = File.OpenRead(path);
            return file.Length >= least
                ? new MappedFile(file)
                : throw new InvalidInputException(
                    $"{path}: expected a {kind} of at least {least} bytes, found {file.Length} bytes");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be read ({OneLine.Quote(exception.Message)})", exception);
        }
    }

    /// <summary>Makes sure that the file is still mapped.</summary>
    public void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(disposed, this);

    /// <summary>Bytes of the file, without a copy; they must not be touched after <see cref="Dispose"/>.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="count">How many; they must lie inside the file.</param>
    public ReadOnlySpan<byte> Bytes(long offset, int count)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - count);
        return new ReadOnlySpan<byte>(start + offset, count);
    }

    /// <summary>The address of some bytes of the file; valid until <see cref="Dispose"/>.</summary>
    public byte* Address(long offset, long count)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - count);
        return start + offset;
    }

    /// <summary>
    /// Gives back the memory in which bytes of the file were seen, so that a model under construction is not in memory twice. They
    /// may be read again.
    /// </summary>
    public void Forget(long offset, long count)
    {
        ThrowIfDisposed();
        SystemMemory.Forget(start + offset, count);
    }

    /// <summary>Copies the whole file.</summary>
    public void CopyTo(Stream destination)
    {
        ThrowIfDisposed();
        for (long offset = 0; offset < Length; offset += BytesAtOnce)
        {
            int count = (int)Math.Min(BytesAtOnce, Length - offset);
            destination.Write(Bytes(offset, count));
            Forget(offset, count);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        map.Dispose();
    }
}

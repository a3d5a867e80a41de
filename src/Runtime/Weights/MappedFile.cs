using System.IO.MemoryMappedFiles;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Weights;

/// <summary>
/// A file mapped into memory for reading. It is safe for several threads; the file must not be shortened by others while it is
/// mapped.
/// </summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly SourceFile file;
    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly byte* start;
    private bool disposed;

    private MappedFile(SourceFile file)
    {
        this.file = file;
        map = MemoryMappedFile.CreateFromFile(
            file.Handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        view = map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        start = pointer + view.PointerOffset;
    }

    /// <summary>The file's size in bytes when it was mapped.</summary>
    public long Length => file.Length;

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
            SourceFile file = SourceFile.Open(path);
            try
            {
                return file.Length >= least
                    ? new MappedFile(file)
                    : throw new InvalidInputException(
                        $"{path}: expected a {kind} of at least {least} bytes, found {file.Length} bytes");
            }
            catch
            {
                file.Dispose();
                throw;
            }
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

    /// <summary>Copies the whole file; also after <see cref="Unmap"/>.</summary>
    /// <exception cref="InvalidInputException">It was changed since it was mapped.</exception>
    public void CopyTo(Stream destination) => file.Read(destination.Write);

    /// <summary>Ends the reading of bytes: the file must be what it was when it was mapped, and stays open for its hash.</summary>
    /// <exception cref="InvalidInputException">It was changed since.</exception>
    public void Unmap()
    {
        file.ThrowIfChanged();
        Release();
    }

    /// <summary>Unmaps and closes the file.</summary>
    public void Dispose()
    {
        Release();
        file.Dispose();
    }

    private void Release()
    {
        if (disposed)
            return;
        disposed = true;
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        map.Dispose();
    }
}

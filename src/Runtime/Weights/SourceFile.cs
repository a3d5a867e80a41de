using Microsoft.Win32.SafeHandles;

namespace Interp.Runtime.Weights;

/// <summary>
/// A file that weights are read from, held open. What it was when it was opened is remembered: a file that is replaced meanwhile stays what it
/// was, and one that is edited in place is refused, since nobody could say which weights were read.
/// </summary>
internal sealed class SourceFile : IDisposable
{
    private const int BytesAtOnce = 1 << 20;

    private readonly string path;
    private readonly DateTime written;

    private SourceFile(string path, SafeFileHandle handle)
    {
        this.path = path;
        Handle = handle;
        Length = RandomAccess.GetLength(handle);
        written = File.GetLastWriteTimeUtc(handle);
    }

    /// <summary>The open file.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Its size in bytes when it was opened.</summary>
    public long Length { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static SourceFile Open(string path) => new(path, File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete));

    /// <summary>Makes sure that the file was not edited since it was opened.</summary>
    /// <exception cref="InvalidInputException">It was.</exception>
    public void ThrowIfChanged()
    {
        long length = RandomAccess.GetLength(Handle);
        DateTime now = File.GetLastWriteTimeUtc(Handle);
        if (length != Length || now != written)
        {
            throw new InvalidInputException(FormattableString.Invariant(
                $"{path}: the file was changed while it was read: expected {Length} bytes of {written:O}, found {length} of {now:O}; load it again"));
        }
    }

    /// <summary>Gives the whole file piece by piece; it must not have changed when that is done.</summary>
    /// <exception cref="InvalidInputException">It has.</exception>
    public void Read(Action<ReadOnlySpan<byte>> take)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(BytesAtOnce, Math.Max(Length, 1)));
        long at = 0;
        for (int read; at < Length && (read = RandomAccess.Read(Handle, buffer, at)) > 0; at += read)
            take(buffer.AsSpan(0, read));
        ThrowIfChanged();
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => Handle.Dispose();
}

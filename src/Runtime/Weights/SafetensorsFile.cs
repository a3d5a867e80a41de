using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Interp.Runtime.Weights;

/// <summary>
/// A safetensors file, memory-mapped: eight bytes of little-endian header length, a JSON header, the tensors' bytes.
/// Everything the header says is checked when the file is opened, so reading a tensor cannot leave the file.
/// Reading is safe from several threads; the file must not be shortened by others while it is open.
/// </summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    /// <summary>A longer header is refused, as the reference implementation does: 100 MB.</summary>
    public const long LongestHeader = 100_000_000;

    private const int PrefixBytes = 8;
    private const int ElementsAtOnce = 1 << 20;

    private readonly OrderedDictionary<string, TensorEntry> tensors;
    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly byte* start;
    private readonly byte* data;
    private bool disposed;

    private SafetensorsFile(string path, SafeFileHandle handle, SafetensorsHeader header, long headerLength)
    {
        FilePath = path;
        Length = RandomAccess.GetLength(handle);
        tensors = header.Tensors;
        Metadata = header.Metadata;
        map = MemoryMappedFile.CreateFromFile(
            handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        view = map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        start = pointer + view.PointerOffset;
        data = start + PrefixBytes + headerLength;
    }

    /// <summary>The path that the file was opened under.</summary>
    public string FilePath { get; }

    /// <summary>The file's size in bytes.</summary>
    public long Length { get; }

    /// <summary>The tensors by name, in the order of the header.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors => tensors;

    /// <summary>The tensors in the order of the header.</summary>
    public IReadOnlyList<TensorEntry> Entries => tensors.Values;

    /// <summary>The strings of the header's <c>__metadata__</c>, in their order; empty without one.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens and checks a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The open file; dispose it to unmap it.</returns>
    /// <exception cref="InvalidInputException">
    /// The file is missing, cannot be read, or breaks a rule of the format: the message names the file, the tensor, what was
    /// expected and what was found.
    /// </exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("safetensors files are read on little-endian machines only.");
        if (!File.Exists(path))
        {
            throw new InvalidInputException($"{path}: expected a safetensors file, found "
                + (Directory.Exists(path) ? "a directory" : "no such file"));
        }
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path);
            byte[] header = ReadHeader(handle, path);
            long dataLength = RandomAccess.GetLength(handle) - PrefixBytes - header.Length;
            return new SafetensorsFile(path, handle, SafetensorsHeader.Parse(header, dataLength, path), header.Length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be read ({OneLine.Quote(exception.Message)})", exception);
        }
        finally
        {
            handle?.Dispose();
        }
    }

    /// <summary>The stored bytes of a tensor, without a copy.</summary>
    /// <param name="entry">A tensor of this file.</param>
    /// <returns>Memory of the mapped file: it must not be touched after <see cref="Dispose"/>.</returns>
    /// <exception cref="InvalidInputException">The tensor has more than 2147483647 bytes, more than a span can hold.</exception>
    public ReadOnlySpan<byte> Bytes(TensorEntry entry)
    {
        Own(entry);
        long length = entry.End - entry.Begin;
        if (length > int.MaxValue)
            throw Error(entry, $"expected at most {int.MaxValue} bytes to be looked at in one piece, found {length}");
        return new ReadOnlySpan<byte>(data + entry.Begin, (int)length);
    }

    /// <summary>Reads a floating point tensor as float32; see <see cref="SafetensorsTypes.IsFloat"/>.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="destination">Receives the elements, row-major; exactly as long as the tensor has elements.</param>
    /// <exception cref="InvalidInputException">There is no such tensor, or it is not a floating point tensor.</exception>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    public void ReadFloats(string name, Span<float> destination)
    {
        TensorEntry entry = Find(name);
        if (!entry.Type.IsFloat())
            throw Error(entry, $"expected a dtype that is one of F64, F32, F16, BF16, found {entry.Type.Spelling()}");
        if (destination.Length != entry.Count)
            throw new ArgumentException($"Expected a length of {entry.Count}, found {destination.Length}.", nameof(destination));
        // In pieces, because a span of bytes holds no more than 2 GB and the tensor may be larger.
        int size = entry.Type.Size();
        for (int i = 0; i < destination.Length; i += ElementsAtOnce)
        {
            Span<float> piece = destination.Slice(i, Math.Min(ElementsAtOnce, destination.Length - i));
            ReadOnlySpan<byte> source = new(data + entry.Begin + ((long)i * size), piece.Length * size);
            TensorConversion.ToSingle(source, entry.Type, piece);
        }
        GC.KeepAlive(this);
    }

    /// <summary>Reads an integer or boolean tensor (true is 1) as 64-bit integers.</summary>
    /// <param name="name">The tensor.</param>
    /// <returns>The elements, row-major.</returns>
    /// <exception cref="InvalidInputException">There is no such tensor, or it holds neither integers nor booleans.</exception>
    public long[] ReadIntegers(string name)
    {
        TensorEntry entry = Find(name);
        ReadOnlySpan<byte> bytes = Bytes(entry);
        long[] result = new long[bytes.Length / entry.Type.Size()];
        if (!TensorConversion.TryToInt64(bytes, entry.Type, result))
        {
            throw Error(entry, "expected a dtype that is one of BOOL, U8, I8, U16, I16, U32, I32, I64, "
                + $"found {entry.Type.Spelling()}");
        }
        GC.KeepAlive(this);
        return result;
    }

    /// <summary>Copies the whole file, header included.</summary>
    internal void CopyTo(Stream destination)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        using UnmanagedMemoryStream bytes = new(start, Length);
        bytes.CopyTo(destination, ElementsAtOnce);
        GC.KeepAlive(this);
    }

    /// <summary>Unmaps the file; spans obtained from <see cref="Bytes"/> become invalid.</summary>
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        map.Dispose();
    }

    private static byte[] ReadHeader(SafeFileHandle handle, string path)
    {
        long length = RandomAccess.GetLength(handle);
        if (length < PrefixBytes)
            throw new InvalidInputException($"{path}: expected a safetensors file of at least 8 bytes, found {length} bytes");
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        ReadExactly(handle, prefix, 0);
        if (prefix.SequenceEqual("version "u8))
        {
            throw new InvalidInputException(
                $"{path}: expected a safetensors file, found a Git LFS pointer; fetch the file itself with git lfs pull");
        }
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        long longest = Math.Min(length - PrefixBytes, LongestHeader);
        if (headerLength < 2 || headerLength > (ulong)longest)
        {
            throw new InvalidInputException($"{path}: expected a header length from 2 to {longest} "
                + $"(at most {LongestHeader}, and the file has {length} bytes), found {headerLength}: not a safetensors file?");
        }
        byte[] header = new byte[headerLength];
        ReadExactly(handle, header, PrefixBytes);
        return header;
    }

    private static void ReadExactly(SafeFileHandle handle, Span<byte> destination, long offset)
    {
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(handle, destination, offset);
            if (read == 0)
                throw new EndOfStreamException("the file ended early");
            destination = destination[read..];
            offset += read;
        }
    }

    private TensorEntry Find(string name)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return tensors.TryGetValue(name, out TensorEntry? entry)
            ? entry
            : throw new InvalidInputException(
                $"{FilePath}: there is no tensor {OneLine.Quote(name)}; {OneLine.Nearest(name, tensors.Keys)}");
    }

    private void Own(TensorEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ObjectDisposedException.ThrowIf(disposed, this);
        if (!tensors.TryGetValue(entry.Name, out TensorEntry? own) || !ReferenceEquals(own, entry))
            throw new ArgumentException($"The tensor {entry.Name} belongs to another file.", nameof(entry));
    }

    private InvalidInputException Error(TensorEntry entry, string text) =>
        new($"{FilePath}: tensor {OneLine.Quote(entry.Name)}: {text}");
}

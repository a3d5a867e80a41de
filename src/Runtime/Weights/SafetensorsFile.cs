using System.Buffers.Binary;
using Interp.Runtime.Kernels;

namespace Interp.Runtime.Weights;

/// <summary>
/// A safetensors file, memory-mapped: eight bytes of little-endian header length, a JSON header, the tensors' bytes.
/// Everything the header says is checked when the file is opened, so reading a tensor cannot leave the file.
/// Reading is safe from several threads; the file must not be shortened by others while it is open.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    /// <summary>A longer header is refused, as the reference implementation does: 100 MB.</summary>
    public const long LongestHeader = 100_000_000;

    private const int PrefixBytes = 8;
    private const int ElementsAtOnce = 1 << 20;

    private readonly OrderedDictionary<string, TensorEntry> tensors;
    private readonly MappedFile file;
    private readonly long dataStart;

    private SafetensorsFile(string path, MappedFile file, SafetensorsHeader header, long dataStart)
    {
        FilePath = path;
        this.file = file;
        this.dataStart = dataStart;
        tensors = header.Tensors;
        Metadata = header.Metadata;
    }

    /// <summary>The path that the file was opened under.</summary>
    public string FilePath { get; }

    /// <summary>The file's size in bytes.</summary>
    public long Length => file.Length;

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
        MappedFile file = MappedFile.Open(path, "safetensors file", PrefixBytes);
        try
        {
            byte[] header = ReadHeader(file, path);
            long dataStart = PrefixBytes + header.Length;
            return new SafetensorsFile(
                path, file, SafetensorsHeader.Parse(header, file.Length - dataStart, path), dataStart);
        }
        catch
        {
            file.Dispose();
            throw;
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
        return file.Bytes(dataStart + entry.Begin, (int)length);
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
            ReadOnlySpan<byte> source = file.Bytes(dataStart + entry.Begin + ((long)i * size), piece.Length * size);
            TensorConversion.ToSingle(source, entry.Type, piece);
        }
        GC.KeepAlive(this);
    }

    /// <summary>The numbers of a tensor in the file itself; null where products do not take its type.</summary>
    internal unsafe WeightView? View(TensorEntry entry)
    {
        WeightFormat? format = entry.Type switch
        {
            SafetensorsType.F32 => WeightFormat.Float32,
            SafetensorsType.BF16 => WeightFormat.BFloat16,
            SafetensorsType.F16 => WeightFormat.Float16,
            _ => null,
        };
        if (format is not { } known)
            return null;
        long begin = dataStart + entry.Begin, length = entry.End - entry.Begin;
        return WeightView.At(file.Address(begin, length), known, entry.Count, this, () => file.Forget(begin, length));
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
    internal void CopyTo(Stream destination) => file.CopyTo(destination);

    /// <summary>Ends the reading of tensors; the file must not have changed, and stays open for its hash.</summary>
    internal void Unmap() => file.Unmap();

    /// <summary>Unmaps the file; spans obtained from <see cref="Bytes"/> become invalid.</summary>
    public void Dispose() => file.Dispose();

    private static byte[] ReadHeader(MappedFile file, string path)
    {
        ReadOnlySpan<byte> prefix = file.Bytes(0, PrefixBytes);
        if (prefix.SequenceEqual("version "u8))
        {
            throw new InvalidInputException(
                $"{path}: expected a safetensors file, found a Git LFS pointer; fetch the file itself with git lfs pull");
        }
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        long longest = Math.Min(file.Length - PrefixBytes, LongestHeader);
        if (headerLength < 2 || headerLength > (ulong)longest)
        {
            throw new InvalidInputException($"{path}: expected a header length from 2 to {longest} "
                + $"(at most {LongestHeader}, and the file has {file.Length} bytes), found {headerLength}: not a safetensors file?");
        }
        return file.Bytes(PrefixBytes, (int)headerLength).ToArray();
    }

    private TensorEntry Find(string name)
    {
        file.ThrowIfDisposed();
        return tensors.TryGetValue(name, out TensorEntry? entry)
            ? entry
            : throw new InvalidInputException(
                $"{FilePath}: there is no tensor {OneLine.Quote(name)}; {OneLine.Nearest(name, tensors.Keys)}");
    }

    private void Own(TensorEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        file.ThrowIfDisposed();
        if (!tensors.TryGetValue(entry.Name, out TensorEntry? own) || !ReferenceEquals(own, entry))
            throw new ArgumentException($"The tensor {entry.Name} belongs to another file.", nameof(entry));
    }

    private InvalidInputException Error(TensorEntry entry, string text) =>
        new($"{FilePath}: tensor {OneLine.Quote(entry.Name)}: {text}");
}

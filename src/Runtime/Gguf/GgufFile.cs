using Interp.Runtime.Weights;

namespace Interp.Runtime.Gguf;

/// <summary>
/// A GGUF file, memory-mapped: metadata and tensors, version 2 or 3, little-endian. Everything the header says is checked when
/// the file is opened, so reading a value or a tensor cannot leave the file. Reading is safe from several threads; the file must
/// not be shortened by others while it is open. Format: the GGUF specification of the ggml project.
/// </summary>
public sealed class GgufFile : IDisposable
{
    // A multiple of all block lengths.
    private const int ElementsAtOnce = 1 << 20;

    private readonly MappedFile file;
    private readonly GgufHeader header;

    private GgufFile(string path, MappedFile file, GgufHeader header)
    {
        FilePath = path;
        this.file = file;
        this.header = header;
    }

    /// <summary>The path that the file was opened under.</summary>
    public string FilePath { get; }

    /// <summary>The file's size in bytes.</summary>
    public long Length => file.Length;

    /// <summary>The version of the format, 2 or 3.</summary>
    public int Version => header.Version;

    /// <summary>What the offsets of tensors are multiples of, in bytes.</summary>
    public int Alignment => header.Alignment;

    /// <summary>The metadata.</summary>
    public GgufMetadata Metadata => header.Metadata;

    /// <summary>The tensors by name, in the order of the file.</summary>
    public IReadOnlyDictionary<string, GgufTensor> Tensors => header.Tensors;

    /// <summary>The tensors in the order of the file.</summary>
    public IReadOnlyList<GgufTensor> Entries => header.Tensors.Values;

    /// <summary>Opens and checks a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The open file; dispose it to unmap it.</returns>
    /// <exception cref="InvalidInputException">
    /// The file is missing, cannot be read, or breaks a rule of the format: the message names the file, the key or tensor, what
    /// was expected and what was found.
    /// </exception>
    public static GgufFile Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("GGUF files are read on little-endian machines only.");
        MappedFile file = MappedFile.Open(path, "GGUF file", GgufHeader.LeastBytes);
        try
        {
            return new GgufFile(path, file, GgufHeader.Read(file, path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads a tensor as float32, dequantised.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="destination">Receives the elements, row-major; exactly as long as the tensor has elements.</param>
    /// <exception cref="InvalidInputException">There is no such tensor.</exception>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    public void ReadFloats(string name, Span<float> destination)
    {
        if (!header.Tensors.TryGetValue(name, out GgufTensor? tensor))
        {
            throw new InvalidInputException(
                $"{FilePath}: there is no tensor {OneLine.Quote(name)}; {OneLine.Nearest(name, header.Tensors.Keys)}");
        }
        if (destination.Length != tensor.Count)
            throw new ArgumentException($"Expected a length of {tensor.Count}, found {destination.Length}.", nameof(destination));
        // In pieces, because a span of bytes holds no more than 2 GB and the tensor may be larger.
        int length = tensor.Type.BlockLength(), bytes = tensor.Type.BlockBytes();
        for (int i = 0; i < destination.Length; i += ElementsAtOnce)
        {
            Span<float> piece = destination.Slice(i, Math.Min(ElementsAtOnce, destination.Length - i));
            long at = header.DataStart + tensor.Offset + ((long)i / length * bytes);
            GgufBlocks.ToSingle(file.Bytes(at, piece.Length / length * bytes), tensor.Type, piece);
        }
        GC.KeepAlive(file);
    }

    /// <summary>Copies the whole file, header included.</summary>
    internal void CopyTo(Stream destination) => file.CopyTo(destination);

    /// <summary>Ends the reading of tensors; the file must not have changed, and stays open for its hash.</summary>
    internal void Unmap() => file.Unmap();

    /// <summary>Unmaps the file; its metadata and tensors can no longer be read.</summary>
    public void Dispose() => file.Dispose();
}

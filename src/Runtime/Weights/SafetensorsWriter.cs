using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace Interp.Runtime.Weights;

/// <summary>
/// Writes safetensors files. The same tensors in the same order give the same bytes; the header is padded with spaces so that
/// the data begins at a multiple of eight bytes.
/// </summary>
public static class SafetensorsWriter
{
    private const int Alignment = 8;
    private const int ElementsAtOnce = 1 << 20;

    /// <summary>
    /// Writes a file beside its final place and then renames it: a reader sees the whole file or the one before, and nothing is
    /// left behind when writing fails.
    /// </summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="tensors">The tensors, written in this order; names must differ.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>, written in their order; null for none.</param>
    /// <exception cref="InvalidInputException">The file cannot be written there.</exception>
    /// <exception cref="ArgumentException">Two tensors have the same name, or one has the name <c>__metadata__</c>.</exception>
    public static void Write(
        string path, IEnumerable<NamedTensor> tensors, IEnumerable<KeyValuePair<string, string>>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        AtomicFile.Write(path, stream => Write(stream, tensors, metadata));
    }

    /// <summary>Writes the bytes of a file to a stream.</summary>
    /// <param name="stream">Receives the bytes; stays open.</param>
    /// <param name="tensors">The tensors, written in this order; names must differ.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>, written in their order; null for none.</param>
    /// <exception cref="ArgumentException">Two tensors have the same name, or one has the name <c>__metadata__</c>.</exception>
    public static void Write(
        Stream stream, IEnumerable<NamedTensor> tensors, IEnumerable<KeyValuePair<string, string>>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("safetensors files are written on little-endian machines only.");
        NamedTensor[] all = [.. tensors];
        ReadOnlySpan<byte> header = Header(all, metadata);
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
        stream.Write(prefix);
        stream.Write(header);
        foreach (NamedTensor tensor in all)
        {
            for (int start = 0; start < tensor.Count; start += ElementsAtOnce)
                stream.Write(tensor.Bytes(start, Math.Min(ElementsAtOnce, tensor.Count - start)));
        }
    }

    private static ReadOnlySpan<byte> Header(NamedTensor[] tensors, IEnumerable<KeyValuePair<string, string>>? metadata)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            if (metadata is not null)
                WriteMetadata(json, metadata);
            HashSet<string> names = new([SafetensorsHeader.MetadataName], StringComparer.Ordinal);
            long offset = 0;
            foreach (NamedTensor tensor in tensors)
            {
                if (!names.Add(tensor.Name))
                    throw new ArgumentException($"The name {tensor.Name} is taken.", nameof(tensors));
                long end = offset + ((long)tensor.Count * tensor.Type.Size());
                WriteTensor(json, tensor, offset, end);
                offset = end;
            }
            json.WriteEndObject();
        }
        int padding = -buffer.WrittenCount & (Alignment - 1);
        buffer.GetSpan(padding)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        return buffer.WrittenSpan;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        HashSet<string> keys = new(StringComparer.Ordinal);
        json.WriteStartObject(SafetensorsHeader.MetadataName);
        foreach ((string key, string value) in metadata)
        {
            if (!keys.Add(key))
                throw new ArgumentException($"The key {key} is given twice.", nameof(metadata));
            json.WriteString(key, value);
        }
        json.WriteEndObject();
    }

    private static void WriteTensor(Utf8JsonWriter json, NamedTensor tensor, long begin, long end)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.Type.Spelling());
        json.WriteStartArray("shape");
        foreach (int axis in tensor.Shape)
            json.WriteNumberValue(axis);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(begin);
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}

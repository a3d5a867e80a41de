using System.Runtime.InteropServices;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Interp.Analysis;

namespace Interp.Export;

/// <summary>How columns stand in Arrow: int32, int64, float64 (double), and texts as a dictionary of utf8 with int32 indices.</summary>
internal static class ArrowTypes
{
    private static readonly DictionaryType Names = new(Int32Type.Default, StringType.Default, ordered: false);

    public static IArrowType Of(ColumnType type) => type switch
    {
        ColumnType.Int32 => Int32Type.Default,
        ColumnType.Int64 => Int64Type.Default,
        ColumnType.Float64 => DoubleType.Default,
        _ => Names,
    };

    public static Schema Schema(IEnumerable<Analysis.Column> columns, IReadOnlyDictionary<string, string> metadata) =>
        new(columns.Select(c => new Field(c.Name, Of(c.Type), nullable: true)), metadata);

    public static IpcOptions Options(Compression compression) => compression == Compression.None
        ? new IpcOptions()
        : new IpcOptions
        {
            CompressionCodec = compression == Compression.Zstd ? CompressionCodecType.Zstd : CompressionCodecType.Lz4Frame,
            CompressionCodecFactory = new CompressionCodecFactory(),
        };

    /// <summary>
    /// The texts of an array. The array's own way of reading them follows offsets wherever they point to, which in a damaged file is anywhere.
    /// </summary>
    public static string?[] TextsOf(StringArray array)
    {
        ReadOnlySpan<int> offsets = array.ValueOffsets;
        ReadOnlySpan<byte> bytes = array.ValueBuffer.Span;
        var texts = new string?[array.Length];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = array.IsNull(i) ? null : Encoding.UTF8.GetString(bytes[offsets[i]..offsets[i + 1]]);
        }

        return texts;
    }

    /// <summary>
    /// The texts of a dictionary. Its buffers are exactly as long as they need to be: polars takes the number of texts from the
    /// length of a compressed buffer, and the builders of Apache.Arrow leave room at the end.
    /// </summary>
    public static StringArray Texts(IEnumerable<string> texts)
    {
        var offsets = new List<int> { 0 };
        using var bytes = new MemoryStream();
        foreach (string text in texts)
        {
            bytes.Write(Encoding.UTF8.GetBytes(text));
            offsets.Add((int)bytes.Length);
        }

        return new StringArray(new ArrayData(
            StringType.Default, offsets.Count - 1, 0, 0,
            [
                ArrowBuffer.Empty, new ArrowBuffer(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(offsets)).ToArray()),
                new ArrowBuffer(bytes.ToArray()),
            ]));
    }
}

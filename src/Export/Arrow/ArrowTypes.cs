using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Interp.Analysis;

namespace Interp.Export;

/// <summary>How columns stand in Arrow: int32, float64 (double), and texts as a dictionary of utf8 with int32 indices.</summary>
internal static class ArrowTypes
{
    private static readonly DictionaryType Names = new(Int32Type.Default, StringType.Default, ordered: false);

    public static IArrowType Of(ColumnType type) => type switch
    {
        ColumnType.Int32 => Int32Type.Default,
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

    /// <summary>The texts of a dictionary.</summary>
    public static StringArray Texts(IEnumerable<string> texts) => new StringArray.Builder().AppendRange(texts).Build();
}

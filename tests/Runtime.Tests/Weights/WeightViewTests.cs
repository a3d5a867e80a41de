using System.Buffers.Binary;
using Interp.Runtime.Tests.Kernels;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tests.Weights;

/// <summary>Linear maps and tables made straight from a mapped file.</summary>
public sealed class WeightViewTests
{
    private const int Rows = 6;
    private const int Columns = 70;

    [Theory]
    [InlineData("F32")]
    [InlineData("F16")]
    [InlineData("BF16")]
    [InlineData("F64")]
    public void Both_orientations_and_the_table_have_the_numbers_of_the_file(string type)
    {
        using var directory = new TemporaryDirectory();
        using Checkpoint checkpoint = Open(directory, type);
        float[] values = checkpoint.Read("w", Rows, Columns);
        IWeightSource source = checkpoint;
        Linear outputs = source.View("w", Rows, Columns).OutputsFirst(Rows, Columns);
        Linear inputs = source.View("w", Rows, Columns).InputsFirst(Rows, Columns);
        EmbeddingTable table = source.View("w", Rows, Columns).ToTable(Rows, Columns), tied = EmbeddingTable.Tied(outputs);
        float[] row = new float[Columns];
        for (int r = 0; r < Rows; r++)
        {
            ReadOnlySpan<float> expected = values.AsSpan(r * Columns, Columns);
            outputs.CopyOutput(r, row);
            Values.SameBits(expected, row, "outputs first");
            inputs.CopyInput(r, row);
            Values.SameBits(expected, row, "inputs first");
            table.CopyRow(r, row);
            Values.SameBits(expected, row, "table");
            tied.CopyRow(r, row);
            Values.SameBits(expected, row, "tied table");
        }

        Values.SameBits(values, table.ToArray());
        Assert.Equal(0, tied.Bytes);
        int size = type is "F16" or "BF16" ? 2 : 4;
        Assert.Equal(size * values.Length, table.Bytes);

        // 6 outputs are padded to 16.
        Assert.Equal(size * 16 * Columns, outputs.Bytes);
        Assert.Empty(checkpoint.Unused);
    }

    [Fact]
    public void Parts_of_a_tensor_are_found_by_offset_stride_and_block()
    {
        using var directory = new TemporaryDirectory();
        using Checkpoint checkpoint = Open(directory, "BF16");
        float[] values = checkpoint.Read("w", Rows, Columns);
        IWeightSource source = checkpoint;
        WeightView view = source.View("w", Rows, Columns);

        // Columns 10 to 29 of each row.
        Linear part = view.InputsFirst(Rows, 20, null, new WeightPlace(10, Stride: Columns));
        Assert.Equal(values[(4 * Columns) + 13], part.Weight[4, 3]);

        // Rows 1, 2, 4 and 5: two of every three.
        Linear pairs = view.OutputsFirst(4, Columns, null, new WeightPlace(Columns, Block: 2, BlockStride: 3 * Columns));
        Assert.Equal(values[(4 * Columns) + 69], pairs.Weight[69, 2]);
        Assert.Equal(values[(2 * Columns) + 5], pairs.Weight[5, 1]);
        Assert.Throws<ArgumentException>(() => view.OutputsFirst(Rows, Columns, null, new WeightPlace(1)));
        Assert.Throws<ArgumentException>(() => view.ToTable(Rows, Columns - 1));
    }

    [Fact]
    public void A_wrong_shape_is_refused_as_when_reading()
    {
        using var directory = new TemporaryDirectory();
        using Checkpoint checkpoint = Open(directory, "F32");
        IWeightSource source = checkpoint;
        string viewed = Assert.Throws<InvalidInputException>(() => source.View("w", Columns, Rows)).Message;
        string read = Assert.Throws<InvalidInputException>(() => checkpoint.Read("w", Columns, Rows)).Message;
        Assert.Equal(read, viewed);
        Assert.NotEmpty(checkpoint.Unused);
    }

    private static Checkpoint Open(TemporaryDirectory directory, string type)
    {
        int size = type switch { "F64" => 8, "F32" => 4, _ => 2 };
        byte[] data = new byte[Rows * Columns * size];
        float[] values = Values.Random(Rows * Columns, 3);
        for (int i = 0; i < values.Length; i++)
        {
            Span<byte> at = data.AsSpan(i * size);
            switch (type)
            {
                case "F64":
                    BinaryPrimitives.WriteDoubleLittleEndian(at, values[i]);
                    break;
                case "F32":
                    BinaryPrimitives.WriteSingleLittleEndian(at, values[i]);
                    break;
                case "F16":
                    BinaryPrimitives.WriteHalfLittleEndian(at, (Half)values[i]);
                    break;
                default:
                    BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)(BitConverter.SingleToUInt32Bits(values[i]) >> 16));
                    break;
            }
        }

        string header = $$$"""{"w":{"dtype":"{{{type}}}","shape":[{{{Rows}}},{{{Columns}}}],"data_offsets":[0,{{{data.Length}}}]}}""";
        File.WriteAllBytes(
            Path.Combine(directory.FullPath, "model.safetensors"), TemporaryDirectory.Safetensors(header, data));
        return Checkpoint.Open(directory.FullPath);
    }
}

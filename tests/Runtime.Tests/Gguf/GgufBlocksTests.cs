using CsCheck;
using Interp.Runtime.Gguf;
using Interp.Runtime.Tests.Weights;

namespace Interp.Runtime.Tests.Gguf;

/// <summary>Each tensor type against quantisers that were written apart from the decoder.</summary>
public sealed class GgufBlocksTests
{
    public static TheoryData<GgufTensorType> Quantised =>
    [
        GgufTensorType.Q40, GgufTensorType.Q41, GgufTensorType.Q50, GgufTensorType.Q51, GgufTensorType.Q80,
        GgufTensorType.Q4K, GgufTensorType.Q5K, GgufTensorType.Q6K,
    ];

    // Exact: both sides evaluate the published formula in float32 and in the same order.
    [Theory]
    [MemberData(nameof(Quantised))]
    public void Blocks_give_the_bits_of_the_formula(GgufTensorType type) => RandomRows(2).Sample(
        values =>
        {
            Quantised quantised = Blocks.Quantise((uint)type, values);
            float[] found = Decode(type, quantised.Bytes, values.Length);
            Assert.Equal(Bits(quantised.Values), Bits(found));
        },
        iter: 100, threads: 1);

    [Theory]
    [MemberData(nameof(Quantised))]
    public void Dequantised_values_are_within_the_error_of_their_steps(GgufTensorType type) => RandomRows(1).Sample(
        values =>
        {
            Quantised quantised = Blocks.Quantise((uint)type, values);
            float[] found = Decode(type, quantised.Bytes, values.Length);
            for (int i = 0; i < values.Length; i++)
            {
                Assert.True(
                    Math.Abs(values[i] - found[i]) <= quantised.Bound[i] * 1.0001f,
                    $"{type}[{i}]: {values[i]} became {found[i]}, further than {quantised.Bound[i]}");
            }
        },
        iter: 100, threads: 1);

    // Random bits, which no quantiser writes: every code with every scale. Three roundings to float32 of the terms.
    [Theory]
    [InlineData(GgufTensorType.Q40, new[] { 0 })]
    [InlineData(GgufTensorType.Q80, new[] { 0 })]
    [InlineData(GgufTensorType.Q4K, new[] { 0, 2 })]
    [InlineData(GgufTensorType.Q6K, new[] { 208 })]
    public void Blocks_of_random_bits_give_what_the_layout_says(GgufTensorType type, int[] halves)
    {
        var random = new Random(7);
        int length = type.BlockLength(), size = type.BlockBytes(), blocks = 64;
        var bytes = new byte[blocks * size];
        random.NextBytes(bytes);
        foreach (int at in Enumerable.Range(0, blocks).SelectMany(b => halves.Select(h => (b * size) + h)))
        {
            BitConverter.GetBytes((Half)((random.NextDouble() - 0.5) / 8)).CopyTo(bytes, at);
        }

        float[] found = Decode(type, bytes, blocks * length);
        for (int i = 0; i < found.Length; i++)
        {
            (double value, double terms) = BlockLayouts.Element((uint)type, bytes, i);
            Assert.True(Math.Abs(found[i] - value) <= 2e-7 * terms, $"{type}[{i}]: {found[i]}, expected {value}");
        }
    }

    // Worked by hand: d = 2, code 0 is -8, code 15 is 7.
    [Fact]
    public void Q4_0_of_known_bytes_is_what_the_layout_says()
    {
        byte[] block = [.. BitConverter.GetBytes((Half)2f), 0xF0, .. Enumerable.Repeat((byte)0x98, 15)];
        float[] found = Decode(GgufTensorType.Q40, block, 32);
        Assert.Equal([-16f, 0f], found[..2]);
        Assert.Equal([14f, 2f], found[16..18]);
    }

    [Fact]
    public void Plain_types_are_read_exactly()
    {
        float[] values = [0, -0f, 1, -2.5f, 65504, 6e-8f, float.PositiveInfinity, 0.5f];
        Assert.Equal(Bits(values), Bits(Decode(GgufTensorType.F32, Blocks.Float32(values), values.Length)));
        float[] halves = [.. values.Select(v => (float)(Half)v)];
        Assert.Equal(Bits(halves), Bits(Decode(GgufTensorType.F16, Blocks.Float16(values), values.Length)));
        byte[] upper = [.. values.SelectMany(v => BitConverter.GetBytes(v)[2..])];
        float[] cut = [.. values.Select(v => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(v) & ~0xFFFF))];
        Assert.Equal(Bits(cut), Bits(Decode(GgufTensorType.BF16, upper, values.Length)));
        byte[] doubles = [.. values.SelectMany(v => BitConverter.GetBytes((double)v))];
        Assert.Equal(Bits(values), Bits(Decode(GgufTensorType.F64, doubles, values.Length)));
    }

    [Theory]
    [MemberData(nameof(Quantised))]
    public void Tensors_are_read_from_files_block_by_block(GgufTensorType type)
    {
        using var directory = new TemporaryDirectory();
        var random = new Random(3);
        float[] values = [.. Enumerable.Range(0, 3 * 512).Select(_ => (float)(random.NextDouble() - 0.5))];
        Quantised quantised = Blocks.Quantise((uint)type, values);
        string path = directory.Put("x.gguf", new GgufBuilder().Tensor("t", [3, 512], (uint)type, quantised.Bytes).Build());
        using GgufFile file = GgufFile.Open(path);
        GgufTensor tensor = file.Tensors["t"];
        Assert.Equal((type, values.Length, quantised.Bytes.Length), (tensor.Type, tensor.Count, tensor.Bytes));
        Assert.Equal([3, 512], tensor.Shape);
        var found = new float[values.Length];
        file.ReadFloats("t", found);
        Assert.Equal(Bits(quantised.Values), Bits(found));
    }

    private static Gen<float[]> RandomRows(int superBlocks) =>
        Gen.Select(Gen.Float[-1, 1].Array[256 * superBlocks], Gen.Float[-6, 6])
            .Select((values, exponent) => values.Select(v => v * MathF.Pow(2, exponent)).ToArray());

    private static float[] Decode(GgufTensorType type, byte[] blocks, int count)
    {
        Assert.Equal(blocks.Length, count / type.BlockLength() * type.BlockBytes());
        var values = new float[count];
        GgufBlocks.ToSingle(blocks, type, values);
        return values;
    }

    private static int[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToInt32Bits)];
}

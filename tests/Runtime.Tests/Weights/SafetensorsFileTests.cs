using Interp.Runtime.Weights;

namespace Interp.Runtime.Tests.Weights;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Tensors_and_metadata_keep_the_order_of_the_header()
    {
        byte[] bytes = TemporaryDirectory.Safetensors(
            """
            {"z":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},"__metadata__":{"format":"pt","a":""},
             "a":{"data_offsets":[0,1],"shape":[1,1],"dtype":"BOOL"},"scalar":{"dtype":"U8","shape":[],"data_offsets":[3,4]},
             "empty":{"dtype":"F32","shape":[0,7],"data_offsets":[3,3]}}
            """, 1, 7, 8, 9);
        using SafetensorsFile file = SafetensorsFile.Open(directory.Put("x.safetensors", bytes));
        Assert.Equal(["z", "a", "scalar", "empty"], file.Entries.Select(entry => entry.Name));
        Assert.Equal(["z", "a", "scalar", "empty"], file.Tensors.Keys);
        Assert.Equal(["format", "a"], file.Metadata.Keys);
        Assert.Equal([1, 1], file.Tensors["a"].Shape.ToArray());
        Assert.Equal([7, 8], file.Bytes(file.Tensors["z"]).ToArray());
        Assert.Equal([7L, 8L], file.ReadIntegers("z"));
        Assert.Equal([1L], file.ReadIntegers("a"));
        Assert.Equal([9L], file.ReadIntegers("scalar"));
        Assert.Equal(0, file.Tensors["empty"].Count);
        file.ReadFloats("empty", []);
    }

    [Fact]
    public void A_file_without_tensors_is_a_file()
    {
        using SafetensorsFile file = SafetensorsFile.Open(directory.Put("x", TemporaryDirectory.Safetensors("{}      ")));
        Assert.Empty(file.Entries);
        Assert.Empty(file.Metadata);
    }

    [Fact]
    public void Every_half_precision_number_is_read_exactly() =>
        CheckAllPatterns("F16", bits =>
        {
            int exponent = (bits >> 10) & 31, fraction = bits & 1023;
            double magnitude = exponent switch
            {
                0 => Math.ScaleB(fraction, -24),
                31 => fraction == 0 ? double.PositiveInfinity : double.NaN,
                _ => Math.ScaleB(1024 + fraction, exponent - 25),
            };
            return (float)((bits & 0x8000) == 0 ? magnitude : -magnitude);
        });

    [Fact]
    public void Every_bfloat16_number_is_read_exactly() =>
        CheckAllPatterns("BF16", bits =>
        {
            int exponent = (bits >> 7) & 255, fraction = bits & 127;
            double magnitude = exponent switch
            {
                0 => Math.ScaleB(fraction, -133),
                255 => fraction == 0 ? double.PositiveInfinity : double.NaN,
                _ => Math.ScaleB(128 + fraction, exponent - 134),
            };
            return (float)((bits & 0x8000) == 0 ? magnitude : -magnitude);
        });

    [Fact]
    public void Doubles_are_rounded_to_nearest_wherever_they_are_in_the_file()
    {
        double[] values = [.. Enumerable.Range(0, 37).Select(i => Math.Sin(i) * Math.Pow(10, i - 18)), 0.1, -0.0];
        // One byte in front: nothing in a safetensors file has to be aligned.
        string header = """{"pad":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"d":"""
            + $$$"""{"dtype":"F64","shape":[{{{values.Length}}}],"data_offsets":[1,{{{1 + (values.Length * 8)}}}]}}""";
        byte[] data = [0, .. values.SelectMany(BitConverter.GetBytes)];
        using SafetensorsFile file = SafetensorsFile.Open(directory.Put("x", TemporaryDirectory.Safetensors(header, data)));
        float[] read = new float[values.Length];
        file.ReadFloats("d", read);
        Assert.Equal(
            values.Select(value => BitConverter.SingleToInt32Bits((float)value)),
            read.Select(BitConverter.SingleToInt32Bits));
    }

    [Theory]
    [InlineData("BOOL", new byte[] { 0, 1, 255 }, new long[] { 0, 1, 1 })]
    [InlineData("U8", new byte[] { 0, 127, 255 }, new long[] { 0, 127, 255 })]
    [InlineData("I8", new byte[] { 0, 127, 255 }, new long[] { 0, 127, -1 })]
    [InlineData("U16", new byte[] { 1, 2, 255, 255 }, new long[] { 513, 65535 })]
    [InlineData("I16", new byte[] { 1, 2, 255, 255 }, new long[] { 513, -1 })]
    [InlineData("U32", new byte[] { 254, 255, 255, 255 }, new long[] { 4294967294 })]
    [InlineData("I32", new byte[] { 254, 255, 255, 255 }, new long[] { -2 })]
    [InlineData("I64", new byte[] { 0, 0, 0, 0, 0, 0, 0, 128 }, new long[] { long.MinValue })]
    public void Integers_are_widened(string dtype, byte[] data, long[] expected)
    {
        byte[] bytes = TemporaryDirectory.OneTensor(dtype, $"[{expected.Length}]", data);
        using SafetensorsFile file = SafetensorsFile.Open(directory.Put("x", bytes));
        Assert.Equal(expected, file.ReadIntegers("t"));
        float[] floats = new float[expected.Length];
        Refused.With(() => file.ReadFloats("t", floats), "x: tensor 't'", "expected", "F32", "found " + dtype);
    }

    [Theory]
    [InlineData("F32", 4)]
    [InlineData("U64", 8)]
    [InlineData("F8_E4M3", 1)]
    public void Other_types_are_refused_as_integers(string dtype, int size)
    {
        byte[] bytes = TemporaryDirectory.OneTensor(dtype, "[]", new byte[size]);
        using SafetensorsFile file = SafetensorsFile.Open(directory.Put("x", bytes));
        Refused.With(() => file.ReadIntegers("t"), "x: tensor 't'", "expected", "I64", "found " + dtype);
    }

    [Fact]
    public void Unknown_names_wrong_lengths_and_closed_files_are_refused()
    {
        string path = directory.Put("x", NamedTensor.Float("wte.weight", [2], new float[2]));
        SafetensorsFile file = SafetensorsFile.Open(path);
        TensorEntry entry = file.Tensors["wte.weight"];
        Refused.With(() => file.ReadFloats("wte.wight", new float[2]), path, "'wte.wight'", "nearest", "'wte.weight'");
        Assert.Throws<ArgumentException>(() => file.ReadFloats("wte.weight", new float[3]));
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.ReadFloats("wte.weight", new float[2]));
        Assert.Throws<ObjectDisposedException>(() => file.Bytes(entry).Length);
    }

    [Fact]
    public void A_long_tensor_is_read_in_pieces_without_a_seam()
    {
        float[] values = [.. Enumerable.Range(0, (1 << 20) + 3).Select(i => (float)i)];
        using SafetensorsFile file = SafetensorsFile.Open(directory.Put("x", NamedTensor.Float("t", [values.Length], values)));
        float[] read = new float[values.Length];
        file.ReadFloats("t", read);
        Assert.Equal(values, read);
    }

    private void CheckAllPatterns(string dtype, Func<int, float> definition)
    {
        byte[] data = [.. Enumerable.Range(0, 65536).SelectMany(bits => BitConverter.GetBytes((ushort)bits)), 0, 0];
        byte[] bytes = TemporaryDirectory.OneTensor(dtype, "[65537]", data);
        using SafetensorsFile file = SafetensorsFile.Open(directory.Put("x", bytes));
        float[] read = new float[65537];
        file.ReadFloats("t", read);
        for (int bits = 0; bits < 65536; bits++)
        {
            float expected = definition(bits);
            // Equals holds for two NaNs; the sign of zero is compared on its own.
            Assert.True(expected.Equals(read[bits]), $"{dtype} {bits:x4}: expected {expected}, found {read[bits]}");
            Assert.True(float.IsNaN(expected) || float.IsNegative(expected) == float.IsNegative(read[bits]));
        }
    }
}

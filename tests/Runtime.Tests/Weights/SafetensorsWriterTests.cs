using System.Text;
using CsCheck;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tests.Weights;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Whatever_is_written_is_read_back_bit_for_bit()
    {
        Gen<int[]> shape = Gen.Int[0, 4].Array[0, 4];
        Gen<(string Name, int[] Shape, bool IsFloat, ulong Seed)> tensor =
            Gen.Select(Gen.String[1, 12], shape, Gen.Bool, Gen.ULong);
        tensor.Array[0, 6].Sample(
            drawn =>
            {
                NamedTensor[] tensors = [.. drawn
                    .Where(t => IsText(t.Name))
                    .DistinctBy(t => t.Name)
                    .Select(t => Make(t.Name, t.Shape, t.IsFloat, t.Seed))];
                using SafetensorsFile file = SafetensorsFile.Open(directory.Put("x.safetensors", tensors));
                Assert.Equal(tensors.Select(t => t.Name), file.Entries.Select(entry => entry.Name));
                foreach ((NamedTensor written, TensorEntry read) in tensors.Zip(file.Entries))
                {
                    Assert.Equal(written.Shape.ToArray(), read.Shape.ToArray());
                    Assert.Equal(written.Type, read.Type);
                    if (written.Type == SafetensorsType.I64)
                    {
                        Assert.Equal(written.IntegerData.ToArray(), file.ReadIntegers(read.Name));
                        continue;
                    }
                    float[] floats = new float[read.Count];
                    file.ReadFloats(read.Name, floats);
                    Assert.Equal(
                        written.FloatData.ToArray().Select(BitConverter.SingleToInt32Bits),
                        floats.Select(BitConverter.SingleToInt32Bits));
                }
            },
            iter: 300, threads: 1);
    }

    [Fact]
    public void The_bytes_are_the_documented_ones()
    {
        string path = directory.At("x.safetensors");
        SafetensorsWriter.Write(
            path,
            [NamedTensor.Float("w", [1, 2], new float[] { 1, -2 }), NamedTensor.Integers("i", [], new long[] { 3 })],
            [new("format", "pt")]);
        const string Header = """{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"""
            + "\"i\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[8,16]}}";
        string padded = Header.PadRight((Header.Length + 7) / 8 * 8);
        byte[] expected = TemporaryDirectory.Safetensors(padded, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 3, 0, 0, 0, 0, 0, 0, 0);
        Assert.Equal(expected, File.ReadAllBytes(path));
        Assert.Equal(["x.safetensors"], directory.FileNames);
    }

    [Fact]
    public void A_failure_leaves_the_old_file_and_nothing_else()
    {
        string path = directory.Put("x.safetensors", "old");
        Assert.Throws<InvalidOperationException>(() => SafetensorsWriter.Write(path, Failing()));
        NamedTensor one = NamedTensor.Float("a", [], new float[1]);
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, [one, one]));
        Assert.Throws<ArgumentException>(
            () => SafetensorsWriter.Write(path, [NamedTensor.Float("__metadata__", [], new float[1])]));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal(["x.safetensors"], directory.FileNames);

        static IEnumerable<NamedTensor> Failing()
        {
            yield return NamedTensor.Float("a", [2], new float[2]);
            throw new InvalidOperationException();
        }
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_refused()
    {
        string nowhere = directory.At("no/such/x.safetensors");
        Refused.With(() => SafetensorsWriter.Write(nowhere, []), nowhere, "cannot be written");
        // The target is a directory: the rename fails after everything was written.
        string taken = directory.At("taken");
        Directory.CreateDirectory(taken);
        Refused.With(() => SafetensorsWriter.Write(taken, []), taken, "cannot be written");
        Assert.Empty(directory.FileNames);
    }

    [Fact]
    public void A_tensor_must_have_the_size_of_its_shape()
    {
        Assert.Throws<ArgumentException>(() => NamedTensor.Float("a", [2, 3], new float[5]));
        Assert.Throws<ArgumentOutOfRangeException>(() => NamedTensor.Integers("a", [-1], new long[1]));
    }

    // A string with a lone surrogate has no UTF-8 form, so it cannot be a name.
    private static bool IsText(string name) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name)) == name;

    private static NamedTensor Make(string name, int[] shape, bool isFloat, ulong seed)
    {
        Random random = new((int)(seed % int.MaxValue));
        int count = shape.Aggregate(1, (product, axis) => product * axis);
        return isFloat
            ? NamedTensor.Float(name, shape, Enumerable.Range(0, count)
                .Select(_ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue))).ToArray())
            : NamedTensor.Integers(name, shape, Enumerable.Range(0, count).Select(_ => random.NextInt64()).ToArray());
    }
}

using CsCheck;
using Interp.Runtime.Gguf;
using Interp.Runtime.Tests.Weights;

namespace Interp.Runtime.Tests.Gguf;

/// <summary>Damaged and hostile files: each is refused in one line that names the file and the part.</summary>
public sealed class GgufErrorTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Every_prefix_of_a_file_is_refused()
    {
        byte[] valid = Valid();
        string path = directory.Put("x.gguf", valid);
        GgufFile.Open(path).Dispose();
        for (int length = 0; length < valid.Length; length++)
        {
            File.WriteAllBytes(path, valid[..length]);
            Refused.With(() => GgufFile.Open(path).Dispose(), "x.gguf: ");
        }
    }

    [Fact]
    public void Mutations_of_a_valid_file_never_crash_the_reader()
    {
        byte[] valid = Valid();
        Gen<(int At, byte Value)> change = Gen.Select(
            Gen.Int[0, valid.Length - 1], Gen.Frequency((2, Gen.Byte), (1, Gen.Const((byte)255)), (1, Gen.Const((byte)0))));
        change.Array[1, 4].Sample(
            changes =>
            {
                byte[] bytes = [.. valid];
                foreach ((int at, byte value) in changes)
                    bytes[at] = value;
                Survives(bytes);
            },
            iter: 5000, threads: 1);
    }

    [Fact]
    public void The_beginning_tells_what_the_file_is()
    {
        Refuse(new GgufBuilder { Magic = [.. "GGML"u8] }, "expected a GGUF file, which begins with GGUF, found 47474D4C");
        Refuse(new GgufBuilder { Magic = [.. "vers"u8] }, "Git LFS pointer");
        Refuse(new GgufBuilder { Version = 0x03000000 }, "expected a little-endian GGUF file, found a big-endian one");
        Refuse(new GgufBuilder { Version = 1 }, "expected version 2 or 3 of GGUF, found 1");
        Refused.With(() => GgufFile.Open(directory.At("none.gguf")), "none.gguf", "no such file");
        Refused.With(() => GgufFile.Open(directory.FullPath), "found a directory");
    }

    [Fact]
    public void Huge_counts_are_refused()
    {
        Refuse(new GgufBuilder { KeyCount = ulong.MaxValue }, "the header: expected at most 0 metadata keys", "found 18446744073709551615");
        Refuse(new GgufBuilder { TensorCount = 1UL << 62 }, "expected at most 0 tensors", "found 4611686018427387904");
        Refuse(Raw(Array(4, 1UL << 61)), "metadata key 'k': expected at most 0 elements", "found 2305843009213693952");
        Refuse(Raw(Array(8, ulong.MaxValue)), "metadata key 'k': expected at most 0 elements");
        Refuse(Raw(writer => { writer.Write(8u); writer.Write(ulong.MaxValue); }), "'k': expected a text of 18446744073709551615 bytes", "cut off");
        Refuse(new GgufBuilder().RawTensor("t", [ulong.MaxValue], 0, []), "tensor 't': expected axes of 1 to 2147483647", "18446744073709551615");
        Refuse(new GgufBuilder().RawTensor("t", [0], 0, []), "tensor 't': expected axes of 1 to", "found 0");
        Refuse(new GgufBuilder().RawTensor("t", [2, 2, 2, 2, 2], 0, []), "tensor 't': expected at most 4 axes, found 5");
        Refuse(new GgufBuilder().RawTensor("t", [2147483647, 2147483647, 2147483647, 2], 0, []), "tensor 't': the shape", "overflows");
        // The product wraps around to 0 in 64 bits.
        Refuse(new GgufBuilder().RawTensor("t", [65536, 65536, 65536, 65536], 0, []), "tensor 't': the shape", "overflows");
    }

    [Fact]
    public void Nested_arrays_end_somewhere()
    {
        Refuse(
            Raw(writer =>
            {
                writer.Write(9u);
                for (int i = 0; i < 1000; i++)
                {
                    writer.Write(9u);
                    writer.Write(1UL);
                }
            }),
            "'k': expected arrays nested at most 8 deep, found more");
        // Each level claims as many arrays as could fit: that is refused by what is left, not counted out.
        Refuse(
            Raw(writer =>
            {
                writer.Write(9u);
                for (int i = 0; i < 6; i++)
                {
                    writer.Write(9u);
                    writer.Write(1UL << 40);
                }
            }),
            "'k': expected at most", "elements", "1099511627776");
    }

    [Fact]
    public void Offsets_are_checked()
    {
        byte[] four = new byte[4];
        GgufBuilder Two(ulong offset) => new GgufBuilder().Tensor("a", [1], 0, four).Tensor("b", [1], 0, four, offset);
        Refuse(Two(ulong.MaxValue), "tensor 'b': offset 18446744073709551615 is out of range");
        Refuse(Two(long.MaxValue - 31), "tensor 'b': offset 9223372036854775776 is out of range");
        Refuse(Two(33), "tensor 'b': expected an offset that is a multiple of the alignment 32, found 33");
        Refuse(Two(0), "its bytes from 0 overlap those of tensor 'a', which end at 4");
        Refuse(Two(64), "tensor 'b': expected it to begin at byte 32, found 64: the bytes between belong to no tensor");
        Refuse(new GgufBuilder().Tensor("a", [64], 0, four), "tensor 'a': expected 256 bytes of F32 [64] from 0, found 4: the file is cut off");
        Refuse([.. new GgufBuilder().Tensor("a", [1], 0, four).Build(), .. new byte[64]], "expected the data to end at byte 4, found 68");
    }

    [Fact]
    public void Keys_and_tensors_are_checked()
    {
        byte[] four = new byte[4];
        Refuse(new GgufBuilder().With("k", 1).With("k", 2), "metadata key 'k': the key is there twice");
        Refuse(new GgufBuilder().Tensor("t", [1], 0, four).Tensor("t", [1], 0, four), "tensor 't': the name is there twice");
        foreach (uint alignment in new uint[] { 0, 4, 12, uint.MaxValue })
            Refuse(new GgufBuilder().With("general.alignment", alignment), "'general.alignment'", $"found {alignment}");
        Refuse(new GgufBuilder().With("general.alignment", "x"), "'general.alignment'", "found the text 'x'");
        Refuse(Raw(writer => { writer.Write(8u); writer.Write(2UL); writer.Write((ushort)0xFFC3); }), "'k': found a text that is not valid UTF-8");
        Refuse(Raw(writer => writer.Write(13u)), "'k': expected a value type from 0 to 12, found 13");
        Refuse(Raw(writer => { writer.Write(7u); writer.Write((byte)2); }), "'k': expected 0 or 1 for a bool, found 2");
        Refuse(new GgufBuilder().With(new string('k', 1025), 1), "metadata key 0: expected a text of at most 1024 bytes, found 1025");
        Refuse(new GgufBuilder().Tensor("t", [256], 10, new byte[84]), "tensor 't': type 10 (Q2_K) is not supported; expected one of F32, F16, Q4_0");
        Refuse(new GgufBuilder().Tensor("t", [256], 99, four), "tensor 't': type 99 (unknown) is not supported");
        Refuse(new GgufBuilder().Tensor("t", [2, 48], 2, four), "tensor 't': expected rows of Q4_0 to be a multiple of 32", "[2, 48]");
    }

    // The most that opening may allocate is 64 MB and four times the file; here are the files that come nearest.
    [Fact]
    public void Opening_allocates_little_whatever_the_file_has_many_of()
    {
        var keys = new GgufBuilder();
        var tensors = new GgufBuilder();
        for (int i = 0; i < 65536; i++)
        {
            keys.With($"{i:x}", (byte)1);
            tensors.RawTensor($"{i:x}", [], 0, new byte[4]);
        }

        var texts = new GgufBuilder().With("k", Enumerable.Repeat("", 1_000_000).ToArray());
        foreach (byte[] bytes in new[] { keys.Build(), tensors.Build(), texts.Build() })
        {
            string path = directory.Put("x.gguf", bytes);
            long before = GC.GetAllocatedBytesForCurrentThread();
            GgufFile.Open(path).Dispose();
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (4L * bytes.Length) + (64 << 20));
        }

        Refuse(keys.With("one more", 1), "expected at most 65536 metadata keys, found 65537");
    }

    private static byte[] Valid() => new GgufBuilder()
        .With("general.architecture", "llama").With("general.alignment", 32u).With("list", new[] { "a", "bc" })
        .With("nested", new object[] { new object[] { 1 }, new object[] { 2, 3 } }).With("flag", true).With("x", 0.5)
        .Floats("a", [2, 3], new float[6]).Tensor("b", [2, 32], 8, new byte[68]).Floats("c", [8], new float[8]).Build();

    private static GgufBuilder Raw(Action<BinaryWriter> value) => new GgufBuilder().WithRaw("k", value);

    private static Action<BinaryWriter> Array(uint type, ulong count) => writer =>
    {
        writer.Write(9u);
        writer.Write(type);
        writer.Write(count);
    };

    private void Refuse(GgufBuilder builder, params string[] words) => Refuse(builder.Build(), words);

    private void Refuse(byte[] bytes, params string[] words)
    {
        string path = directory.Put("x.gguf", bytes);
        Refused.With(() => GgufFile.Open(path).Dispose(), [path, .. words]);
    }

    private void Survives(byte[] bytes)
    {
        string path = directory.Put("x.gguf", bytes);
        try
        {
            using GgufFile file = GgufFile.Open(path);
            foreach (string key in file.Metadata.Keys)
                file.Metadata.Value(key);
            foreach (GgufTensor tensor in file.Entries)
                file.ReadFloats(tensor.Name, new float[tensor.Count]);
        }
        catch (InvalidInputException exception)
        {
            Assert.DoesNotContain('\n', exception.Message);
        }
    }
}

using System.Text;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tests.Weights;

public sealed class SafetensorsErrorTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    /// <summary>A header, the number of data bytes behind it, and words of the message.</summary>
    public static TheoryData<string, int, string[]> Headers => new()
    {
        { "{\"a\":", 0, ["not valid JSON"] },
        { "{} x", 0, ["not valid JSON"] },
        { "[[[[[[[[[[[[]]]]]]]]]]]]", 0, ["not valid JSON"] },
        { "[]", 0, ["must be a JSON object", "Array"] },
        { """{"\ud800":1}""", 0, ["not valid Unicode"] },
        { """{"__metadata__":[]}""", 0, ["__metadata__", "object of strings", "Array"] },
        { """{"__metadata__":{"k":1}}""", 0, ["__metadata__", "'k'", "Number"] },
        { """{"__metadata__":{"k":"1","k":"2"}}""", 0, ["__metadata__", "'k'", "twice"] },
        { """{"__metadata__":{},"__metadata__":{}}""", 0, ["__metadata__", "twice"] },
        { """{"t":1}""", 0, ["tensor 't'", "expected an object", "Number"] },
        { """{"t":{"dtype":"U8","shape":[0]}}""", 0, ["tensor 't'", "found no data_offsets"] },
        { """{"t":{"dtype":"U8","data_offsets":[0,0]}}""", 0, ["tensor 't'", "found no shape"] },
        { """{"t":{"shape":[0],"data_offsets":[0,0]}}""", 0, ["tensor 't'", "found no dtype"] },
        { """{"t":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0, ["tensor 't'", "dtype twice"] },
        { """{"t":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}}""", 0, ["tensor 't'", "unknown field 'x'"] },
        { """{"t":{"dtype":"F7","shape":[0],"data_offsets":[0,0]}}""", 0, ["tensor 't'", "one of", "BF16", "found 'F7'"] },
        { """{"t":{"dtype":7,"shape":[0],"data_offsets":[0,0]}}""", 0, ["tensor 't'", "dtype", "found Number"] },
        { """{"t":{"dtype":"U8","shape":{},"data_offsets":[0,0]}}""", 0, ["tensor 't'", "shape", "found Object"] },
        { """{"t":{"dtype":"U8","shape":[2,-1],"data_offsets":[0,0]}}""", 0, ["tensor 't'", "shape", "found '[2,-1]'"] },
        { """{"t":{"dtype":"U8","shape":[1.5],"data_offsets":[0,0]}}""", 0, ["tensor 't'", "shape", "found '[1.5]'"] },
        { """{"t":{"dtype":"U8","shape":["1"],"data_offsets":[0,0]}}""", 0, ["tensor 't'", "shape"] },
        { """{"t":{"dtype":"U8","shape":[2147483648],"data_offsets":[0,0]}}""", 0, ["tensor 't'", "2147483647"] },
        {
            """{"t":{"dtype":"U8","shape":[2147483647,2147483647,3],"data_offsets":[0,0]}}""", 0,
            ["tensor 't'", "[2147483647, 2147483647, 3]", "overflows"]
        },
        {
            // The product wraps around to 0 in 64 bits.
            """{"t":{"dtype":"U8","shape":[65536,65536,65536,65536],"data_offsets":[0,0]}}""", 0, ["tensor 't'", "overflows"]
        },
        { """{"t":{"dtype":"U8","shape":[1],"data_offsets":[0]}}""", 1, ["tensor 't'", "data_offsets", "'[0]'"] },
        { """{"t":{"dtype":"U8","shape":[1],"data_offsets":"01"}}""", 1, ["tensor 't'", "data_offsets"] },
        { """{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1e30]}}""", 1, ["tensor 't'", "data_offsets", "1e30"] },
        { """{"t":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}}""", 1, ["tensor 't'", "[-1, 0]", "negative"] },
        { """{"t":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}""", 1, ["tensor 't'", "[1, 0]", "end before they begin"] },
        { """{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, ["tensor 't'", "expected 8 bytes", "[2]", "found 4"] },
        { """{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, ["tensor 't'", "[0, 8]", "out of range", "7 bytes"] },
        { """{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 2, ["expected 1 bytes", "'t'", "found 2"] },
        { "{}", 1, ["expected 0 bytes", "found 1"] },
        { """{"t":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, ["tensor 't'", "byte 0", "found 1", "no tensor"] },
        {
            """{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"t":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2,
            ["tensor 't'", "twice"]
        },
        {
            """{"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 3,
            ["tensor 'b'", "[1, 3]", "overlap", "'a'", "[0, 2]"]
        },
        {
            """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}""", 3,
            ["tensor 'b'", "byte 1", "found 2", "no tensor"]
        },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public void A_wrong_header_is_refused(string header, int dataBytes, string[] words) =>
        Refuse(TemporaryDirectory.Safetensors(header, new byte[dataBytes]), words);

    [Fact]
    public void A_name_with_line_breaks_does_not_break_the_line() =>
        Refuse(TemporaryDirectory.Safetensors("""{"a\nb\u2028":1}"""), "tensor 'a?b?'");

    [Fact]
    public void A_header_that_is_not_utf8_is_refused() =>
        Refuse(TemporaryDirectory.Safetensors([.. "{\""u8, 0xff, .. "\":1}"u8]), "not valid UTF-8");

    [Fact]
    public void A_short_file_is_refused() => Refuse([1, 2, 3, 4, 5, 6, 7], "at least 8 bytes", "found 7");

    [Fact]
    public void An_empty_file_is_refused() => Refuse([], "at least 8 bytes", "found 0");

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(3UL)]
    [InlineData(0x8000000000000002UL)]
    [InlineData(ulong.MaxValue)]
    public void A_header_length_that_the_file_cannot_hold_is_refused(ulong length) =>
        Refuse([.. BitConverter.GetBytes(length), .. "{}"u8], "header length", "from 2 to 2", "10 bytes", $"found {length}");

    [Fact]
    public void A_header_of_more_than_100_MB_is_refused()
    {
        string path = directory.At("x");
        using (FileStream stream = File.Create(path))
        {
            stream.Write(BitConverter.GetBytes(100_000_001L));
            stream.SetLength(100_000_100);
        }
        Refused.With(() => SafetensorsFile.Open(path), path, "header length", "100000000", "found 100000001");
    }

    [Fact]
    public void A_git_lfs_pointer_is_recognised() =>
        Refuse(Encoding.UTF8.GetBytes("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"), "Git LFS pointer");

    [Fact]
    public void A_missing_file_and_a_directory_are_refused()
    {
        string missing = directory.At("missing.safetensors");
        Refused.With(() => SafetensorsFile.Open(missing), missing, "no such file");
        Refused.With(() => SafetensorsFile.Open(directory.FullPath), directory.FullPath, "a directory");
    }

    private void Refuse(byte[] bytes, params string[] words)
    {
        string path = directory.Put("x.safetensors", bytes);
        Refused.With(() => SafetensorsFile.Open(path), [path, .. words]);
    }
}

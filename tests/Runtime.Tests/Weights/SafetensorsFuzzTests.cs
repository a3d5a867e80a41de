using System.Text;
using CsCheck;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tests.Weights;

/// <summary>Whatever the bytes are, opening either works, and then every tensor can be read, or is refused in one line.</summary>
public sealed class SafetensorsFuzzTests : IDisposable
{
    private const string Valid = """
        {"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},
        "b":{"dtype":"BF16","shape":[3],"data_offsets":[8,14]},"c":{"dtype":"I64","shape":[],"data_offsets":[14,22]}}
        """;

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Random_bytes_never_crash_the_reader() => Gen.Byte.Array[0, 64].Sample(Survives, iter: 2000, threads: 1);

    [Fact]
    public void Random_headers_never_crash_the_reader() =>
        Gen.String[0, 60].Sample(text => Survives(TemporaryDirectory.Safetensors(text)), iter: 2000, threads: 1);

    [Fact]
    public void Headers_of_plausible_pieces_never_crash_the_reader()
    {
        string[] pieces =
        [
            "{", "}", "[", "]", ":", ",", "null", "-1", "9e99", "true", " ", "[0,4]", "[1]",
            "\"a\"", "\"dtype\":", "\"shape\":", "\"data_offsets\":", "\"F32\"",
            "\"__metadata__\":", "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}",
        ];
        Gen.Int[0, pieces.Length - 1].Array[1, 12].Sample(
            picks => Survives(
                TemporaryDirectory.Safetensors("{" + string.Concat(picks.Select(i => pieces[i])) + "}", 0, 0, 0, 0)),
            iter: 2000, threads: 1);
    }

    [Fact]
    public void Mutations_of_a_valid_file_never_crash_the_reader()
    {
        byte[] valid = TemporaryDirectory.Safetensors(Encoding.UTF8.GetBytes(Valid), new byte[22]);
        Survives(valid);
        Gen<(int At, byte Value)> change = Gen.Select(Gen.Int[0, valid.Length - 1], Gen.Byte);
        Gen.Select(change.Array[1, 4], Gen.Int[0, 3], Gen.Int[0, valid.Length]).Sample(
            (changes, kind, length) =>
            {
                byte[] bytes = [.. valid];
                foreach ((int at, byte value) in changes)
                    bytes[at] = value;
                // Some are cut short, some have bytes appended.
                Survives(kind switch { 0 => bytes[..length], 1 => [.. bytes, .. bytes[..length]], _ => bytes });
            },
            iter: 4000, threads: 1);
    }

    [Fact]
    public void Mutations_of_digits_never_crash_the_reader()
    {
        int[] digits = [.. Enumerable.Range(0, Valid.Length).Where(i => char.IsAsciiDigit(Valid[i]))];
        Gen.Select(Gen.Int[0, digits.Length - 1], Gen.Long).Sample(
            (which, value) => Survives(TemporaryDirectory.Safetensors(
                string.Concat(Valid.AsSpan(0, digits[which]), value.ToString(), Valid.AsSpan(digits[which] + 1)), new byte[22])),
            iter: 2000, threads: 1);
    }

    private void Survives(byte[] bytes)
    {
        string path = directory.Put("x", bytes);
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            foreach (TensorEntry entry in file.Entries)
            {
                if (entry.Type.IsFloat())
                    file.ReadFloats(entry.Name, new float[entry.Count]);
                else if (entry.Type is not (SafetensorsType.U64 or SafetensorsType.F8E4M3 or SafetensorsType.F8E5M2))
                    Assert.Equal(entry.Count, file.ReadIntegers(entry.Name).Length);
            }
        }
        catch (InvalidInputException exception)
        {
            Assert.DoesNotContain('\n', exception.Message);
        }
    }
}

using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Interp.Analysis;

namespace Interp.Analysis.Tests.Tables;

public sealed class ResultHashTests
{
    private static readonly Gen<(int?, double?, string?)[]> Rows = Gen.Select(
        Gen.Int.Nullable(), Gen.Double.Nullable(), Gen.OneOf(Gen.Int[0, 3].Select(i => i == 0 ? null : new string('a', i - 1)), Gen.String.Select(s => (string?)s)),
        (i, x, name) => ((int?)i, (double?)x, (string?)name)).Array[0, 40];

    [Fact]
    public void It_is_what_its_description_says()
    {
        // Two rows of every type, put together by hand.
        string expected = Hex(
        [
            .. Encoding.UTF8.GetBytes("i\0Int32\02\n"), .. SHA256.HashData([1, 0]), .. SHA256.HashData([1, 0, 0, 0, 0, 0, 0, 0]),
            .. Encoding.UTF8.GetBytes("x\0Float64\02\n"), .. SHA256.HashData([1, 1]),
            .. SHA256.HashData([.. BitConverter.GetBytes(0.5), .. BitConverter.GetBytes(-1.0)]),
            .. Encoding.UTF8.GetBytes("name\0Text\02\n"), .. SHA256.HashData([0, 1]),
            .. SHA256.HashData([255, 255, 255, 255, 0, 0, 0, 0]), .. SHA256.HashData([2, 0, 0, 0, 0xC3, 0xA4]),
        ]);
        Assert.Equal(expected, ResultHash.Of(ResultTableTests.Of((1, 0.5, null), (null, -1, "ä"))));
    }

    [Fact]
    public void It_does_not_depend_on_how_rows_fall_into_batches() => Gen.Select(Rows, Gen.Int[1, 41]).Sample((rows, size) =>
    {
        using var hash = new ResultHash(ResultTableTests.Of().Columns);
        foreach ((int?, double?, string?)[] batch in rows.Chunk(size))
        {
            hash.Append(ResultTableTests.Of(batch));
        }

        Assert.Equal(ResultHash.Of(ResultTableTests.Of(rows)), hash.Finish());
    });

    [Fact]
    public void Any_other_value_null_or_order_is_another_hash() => Gen.Select(Rows, Rows).Sample((one, other) =>
        Assert.Equal(
            one.SequenceEqual(other), ResultHash.Of(ResultTableTests.Of(one)) == ResultHash.Of(ResultTableTests.Of(other))));

    [Fact]
    public void Null_is_not_zero_and_no_text_is_not_an_empty_one()
    {
        (int?, double?, string?)[] rows = [(0, 0, ""), (null, 0, ""), (0, null, ""), (0, 0, null), (0, -0.0, "")];
        Assert.Equal(rows.Length, rows.Select(r => ResultHash.Of(ResultTableTests.Of(r))).Distinct().Count());
    }

    [Fact]
    public void One_not_a_number_is_as_good_as_another() => Assert.Equal(
        ResultHash.Of(ResultTableTests.Of((1, double.NaN, "a"))),
        ResultHash.Of(ResultTableTests.Of((1, BitConverter.Int64BitsToDouble(0x7FF8000000000001), "a"))));

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

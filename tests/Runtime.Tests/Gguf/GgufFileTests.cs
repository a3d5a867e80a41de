using Interp.Runtime.Gguf;
using Interp.Runtime.Tests.Weights;

namespace Interp.Runtime.Tests.Gguf;

public sealed class GgufFileTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData(2u)]
    [InlineData(3u)]
    public void All_types_of_values_are_read(uint version)
    {
        object[] values =
        [
            (byte)255, (sbyte)-1, (ushort)65535, (short)-2, uint.MaxValue, int.MinValue, 1.5f, true, false, "é ☕", ulong.MaxValue,
            long.MinValue, -0.1, "",
        ];
        object[] nested = [new object[] { new object[] { 1, 2 }, Array.Empty<object>() }, new object[] { new object[] { 3 } }];
        var builder = new GgufBuilder { Version = version }
            .With("texts", new[] { "a", "", "ü" }).With("flags", new[] { true, false }).With("empty", Array.Empty<uint>()).With("nested", nested);
        for (int i = 0; i < values.Length; i++)
            builder.With($"v{i}", values[i]);
        using GgufFile file = GgufFile.Open(directory.Put("x.gguf", builder.Build()));
        Assert.Equal((int)version, file.Version);
        for (int i = 0; i < values.Length; i++)
            Assert.Equal(values[i], file.Metadata.Value($"v{i}"));
        Assert.Equal(["a", "", "ü"], file.Metadata.Texts("texts"));
        Assert.Equal(new object[] { true, false }, file.Metadata.Value("flags"));
        Assert.Equal(nested, file.Metadata.Value("nested"));
        Assert.Equal(0, file.Metadata.Count("empty"));
        Assert.Equal(["texts", "flags", "empty", "nested", "v0"], file.Metadata.Keys.Take(5));
    }

    [Fact]
    public void Values_are_asked_for_by_kind()
    {
        GgufMetadata metadata = Open(new GgufBuilder()
            .With("n", 7ul).With("x", -2.5f).With("t", "text").With("f", true).With("list", new[] { 1, 2 }).With("nan", float.NaN)
            .With("mixed", new[] { 1, -1 }), file => file.Metadata);
        Assert.Equal((7, 9, 7.0, -2.5, "text", true), (
            metadata.Int("n"), metadata.Int("none", 9), metadata.Number("n"), metadata.Number("x"), metadata.Text("t"),
            metadata.Flag("f", false)));
        Assert.Equal([1, 2], metadata.Ints("list"));
        Assert.Equal([1.0, -1.0], metadata.Numbers("mixed"));
        Refused.With(() => metadata.Int("none"), "'none'", "expected an integer from 0 to 2147483647", "found nothing");
        Refused.With(() => metadata.Int("x"), "'x'", "found -2.5");
        Refused.With(() => metadata.Int("list"), "'list'", "found an array");
        Refused.With(() => metadata.Number("nan"), "'nan'", "expected a finite number, found NaN");
        Refused.With(() => metadata.Text("n"), "'n'", "expected a text, found 7");
        Refused.With(() => metadata.Flag("t", true), "'t'", "expected true or false, found the text 'text'");
        Refused.With(() => metadata.Texts("list"), "'list'", "expected a text at 0, found 1");
        Refused.With(() => metadata.Ints("mixed"), "'mixed'", "at 1, found -1");
        Refused.With(() => metadata.Count("n"), "'n'", "expected an array, found 7");
        Refused.With(() => metadata.Value("none"), "'none'", "expected a value, found nothing");
    }

    [Theory]
    [InlineData(8)]
    [InlineData(64)]
    public void Alignment_is_that_of_the_file(int alignment)
    {
        byte[] bytes = new GgufBuilder { Alignment = alignment }.With("general.alignment", (uint)alignment)
            .Floats("a", [3], [1, 2, 3]).Floats("b", [1], [4]).Build();
        using GgufFile file = GgufFile.Open(directory.Put("x.gguf", bytes));
        Assert.Equal(alignment, file.Alignment);
        float[] a = new float[3], b = new float[1];
        file.ReadFloats("a", a);
        file.ReadFloats("b", b);
        Assert.Equal([1, 2, 3, 4], a.Concat(b));
        Refused.With(() => file.ReadFloats("c", b), "no tensor 'c'", "nearest");
        Assert.Throws<ArgumentException>(() => file.ReadFloats("a", b));
    }

    [Fact]
    public void A_closed_file_is_not_touched()
    {
        GgufFile file = GgufFile.Open(directory.Put("x.gguf", new GgufBuilder().With("k", "v").Floats("t", [1], [1]).Build()));
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Metadata.Text("k"));
        Assert.Throws<ObjectDisposedException>(() => file.ReadFloats("t", new float[1]));
    }

    private T Open<T>(GgufBuilder builder, Func<GgufFile, T> use) => use(GgufFile.Open(directory.Put("open.gguf", builder.Build())));
}

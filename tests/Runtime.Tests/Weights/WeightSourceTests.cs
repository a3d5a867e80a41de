using Interp.Runtime.Weights;

namespace Interp.Runtime.Tests.Weights;

/// <summary>What every source of weights promises, on both of them.</summary>
public sealed class WeightSourceTests : IDisposable
{
    private static readonly NamedTensor[] Tensors =
    [
        NamedTensor.Float("h.0.attn.weight", [2, 3], new float[] { 1, 2, 3, 4, 5, 6 }),
        NamedTensor.Float("h.0.attn.scale", [], new float[] { 0.5f }),
        NamedTensor.Integers("h.0.attn.mask", [2], new long[] { 1, 0 }),
        NamedTensor.Float("wte.weight", [1], new float[] { 7 }),
        NamedTensor.Float("extra.1", [0], default),
        NamedTensor.Float("extra.2", [0], default),
        NamedTensor.Float("extra.3", [0], default),
    ];

    private readonly TemporaryDirectory directory = new();

    public static TheoryData<bool> Sources => [false, true];

    public void Dispose() => directory.Dispose();

    [Theory]
    [MemberData(nameof(Sources))]
    public void Reading_gives_the_values_and_leaves_the_source_alone(bool onDisk) => On(onDisk, source =>
    {
        float[] first = source.Read("h.0.attn.weight", 2, 3);
        Assert.Equal([1, 2, 3, 4, 5, 6], first);
        first[0] = 99;
        Assert.Equal([1, 2, 3, 4, 5, 6], source.Read("h.0.attn.weight", 2, 3));
        Assert.Equal([0.5f], source.Read("h.0.attn.scale"));
        Assert.Equal([2, 3], source.ShapeOf("h.0.attn.weight"));
        Assert.True(source.Contains("wte.weight"));
        Assert.False(source.Contains("wpe.weight"));
        Assert.Equal(Tensors.Select(tensor => tensor.Name), source.Names);
    });

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_missing_name_comes_with_the_three_nearest(bool onDisk) => On(onDisk, source =>
    {
        string[] words = [source.Description, "'h.0.attn.wieght'", "'h.0.attn.weight', "];
        Refused.With(() => source.Read("h.0.attn.wieght", 2, 3), [.. words, "[2, 3]"]);
        Refused.With(() => source.ShapeOf("h.0.attn.wieght"), words);
    });

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_wrong_shape_says_expected_and_found(bool onDisk) => On(onDisk, source =>
    {
        foreach (int[] shape in new int[][] { [3, 2], [6], [], [2, 3, 1] })
        {
            Refused.With(
                () => source.Read("h.0.attn.weight", shape),
                Location(source), "'h.0.attn.weight'", $"expected shape [{string.Join(", ", shape)}]", "found [2, 3]");
        }
        Assert.Contains("h.0.attn.weight", source.Unused);
    });

    [Theory]
    [MemberData(nameof(Sources))]
    public void Integers_are_no_weights(bool onDisk) => On(onDisk, source =>
        Refused.With(() => source.Read("h.0.attn.mask", 2), Location(source), "'h.0.attn.mask'", "expected", "F32", "found I64"));

    [Theory]
    [MemberData(nameof(Sources))]
    public void Every_tensor_must_be_read_or_ignored(bool onDisk) => On(onDisk, source =>
    {
        Refused.With(source.ThrowIfUnused, source.Description, "7 tensors", "'h.0.attn.weight'", "'extra.1' and 2 more");
        source.Read("wte.weight", 1);
        source.Ignore(name => name.StartsWith("extra.", StringComparison.Ordinal));
        Assert.Equal(["h.0.attn.weight", "h.0.attn.scale", "h.0.attn.mask"], source.Unused);
        source.Read("h.0.attn.weight", 2, 3);
        source.Ignore(name => name == "h.0.attn.mask");
        source.ShapeOf("h.0.attn.scale");
        Refused.With(source.ThrowIfUnused, "found 1 tensor beside them: 'h.0.attn.scale'");
        source.Read("h.0.attn.scale");
        source.ThrowIfUnused();
        Assert.Empty(source.Unused);
    });

    [Fact]
    public void Saving_keeps_the_hash()
    {
        InMemoryWeights memory = new("demo", Tensors);
        memory.Save(directory.At("model.safetensors"));
        using Checkpoint checkpoint = Checkpoint.Open(directory.FullPath);
        Assert.Equal(memory.Sha256, checkpoint.Sha256);
        Assert.Throws<ArgumentException>(() => new InMemoryWeights("demo", [Tensors[0], Tensors[0]]));
    }

    private static string Location(IWeightSource source) =>
        source is Checkpoint checkpoint ? checkpoint.Files[0] : source.Description;

    private void On(bool onDisk, Action<IWeightSource> check)
    {
        if (!onDisk)
        {
            check(new InMemoryWeights("the demo model", Tensors));
            return;
        }
        directory.Put("model.safetensors", Tensors);
        using Checkpoint checkpoint = Checkpoint.Open(directory.FullPath);
        check(checkpoint);
    }
}

using System.Security.Cryptography;
using System.Text.Json;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tests.Weights;

public sealed class CheckpointTests : IDisposable
{
    private const string Index = "model.safetensors.index.json";

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void One_file_is_found_before_an_index_and_another_name_is_found_last()
    {
        directory.Put("adapter.safetensors", One("other"));
        Assert.Equal(["other"], OpenNames());
        directory.Put("shard.safetensors", One("sharded"));
        PutIndex(("sharded", "shard.safetensors"));
        Assert.Equal(["sharded"], OpenNames());
        directory.Put("model.safetensors", One("single"));
        Assert.Equal(["single"], OpenNames());
    }

    [Fact]
    public void Shards_are_read_and_hashed_in_the_order_of_their_names()
    {
        directory.Put("model-2.safetensors", One("a", 2));
        directory.Put("model-1.safetensors", One("b", 1), One("c", 3));
        PutIndex(("a", "model-2.safetensors"), ("b", "model-1.safetensors"), ("c", "model-1.safetensors"));
        using Checkpoint checkpoint = Checkpoint.Open(directory.FullPath);
        Assert.Equal(["b", "c", "a"], checkpoint.Names);
        Assert.Equal([2], checkpoint.Read("a", 1));
        Assert.Equal([3], checkpoint.Read("c", 1));
        string[] inOrder = [directory.At("model-1.safetensors"), directory.At("model-2.safetensors")];
        byte[] all = [.. inOrder.SelectMany(File.ReadAllBytes)];
        Assert.Equal(all.Length, checkpoint.BytesOnDisk);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(all)).ToLowerInvariant(), checkpoint.Sha256);
    }

    [Fact]
    public void A_link_to_a_file_is_followed()
    {
        string target = directory.Put("blob", One("a", 5));
        string linked = Directory.CreateDirectory(directory.At("linked")).FullName;
        File.CreateSymbolicLink(Path.Combine(linked, "model.safetensors"), "../blob");
        using Checkpoint checkpoint = Checkpoint.Open(linked);
        Assert.Equal([5], checkpoint.Read("a", 1));
        Assert.Equal(new FileInfo(target).Length, checkpoint.BytesOnDisk);
    }

    [Fact]
    public void A_directory_without_weights_says_what_was_looked_for()
    {
        Refuse("model.safetensors", Index, "exactly one other", "none of them");
        directory.Put("a.safetensors", One("a"));
        directory.Put("b.safetensors", One("b"));
        Refuse("exactly one other", "'a.safetensors', 'b.safetensors'");
    }

    [Theory]
    [InlineData("pytorch_model.bin")]
    [InlineData("consolidated.00.pth")]
    public void Pickled_weights_are_refused_with_the_way_out(string name)
    {
        directory.Put(name, "pickle");
        Refuse($"'{name}'", "pickle files are not read", "save_pretrained(safe_serialization=True)");
    }

    [Fact]
    public void A_missing_directory_and_a_file_are_refused()
    {
        string missing = directory.At("missing");
        Refused.With(() => Checkpoint.Open(missing), missing, "no such directory");
        string file = directory.Put("file", "x");
        Refused.With(() => Checkpoint.Open(file), file, "expected a directory", "a file");
    }

    [Fact]
    public void A_damaged_file_is_named()
    {
        string path = directory.Put("model.safetensors", "x");
        Refuse(path, "8 bytes");
    }

    [Fact]
    public void A_missing_shard_is_named_with_its_index()
    {
        PutIndex(("a", "model-1.safetensors"));
        Refuse(directory.At("model-1.safetensors"), "missing", directory.At(Index), "'a'");
    }

    [Fact]
    public void A_tensor_that_the_shard_lacks_is_named()
    {
        directory.Put("s.safetensors", One("a"));
        PutIndex(("a", "s.safetensors"), ("b", "s.safetensors"));
        Refuse(directory.At("s.safetensors"), "'b'", "missing", directory.At(Index));
    }

    [Fact]
    public void A_tensor_that_the_index_lacks_or_places_elsewhere_is_named()
    {
        directory.Put("s.safetensors", One("a"), One("b"));
        PutIndex(("a", "s.safetensors"));
        Refuse(directory.At("s.safetensors"), "'b'", directory.At(Index), "does not list");
        directory.Put("t.safetensors", One("b"));
        PutIndex(("a", "s.safetensors"), ("b", "t.safetensors"));
        Refuse(directory.At("s.safetensors"), "'b'", directory.At(Index), "expects in t.safetensors");
    }

    [Theory]
    [InlineData("../s.safetensors")]
    [InlineData("/tmp/s.safetensors")]
    [InlineData("sub/s.safetensors")]
    [InlineData("sub\\s.safetensors")]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("config.json")]
    public void A_shard_cannot_leave_the_directory(string shard)
    {
        directory.Put("s.safetensors", One("a"));
        PutIndex(("a", shard));
        Refuse(directory.At(Index), "'a'", "same directory", $"found '{shard}'");
    }

    [Theory]
    [InlineData("{", "valid JSON")]
    [InlineData("[]", "weight_map")]
    [InlineData("{}", "weight_map")]
    [InlineData("""{"weight_map":1}""", "weight_map")]
    [InlineData("""{"weight_map":{}}""", "weight_map")]
    [InlineData("""{"weight_map":{"a":1}}""", "'a'")]
    [InlineData("""{"weight_map":{"a":"s.safetensors","a":"t.safetensors"}}""", "repeated")]
    [InlineData("""{"weight_map":{"\ud800":"s.safetensors"}}""", "")]
    public void A_wrong_index_is_refused(string json, string word)
    {
        directory.Put(Index, json);
        Refuse(directory.At(Index), word);
    }

    private static NamedTensor One(string name, float value = 0) => NamedTensor.Float(name, [1], new[] { value });

    private string[] OpenNames()
    {
        using Checkpoint checkpoint = Checkpoint.Open(directory.FullPath);
        return [.. checkpoint.Names];
    }

    private void PutIndex(params (string Tensor, string Shard)[] map) => directory.Put(
        Index, JsonSerializer.Serialize(new { weight_map = map.ToDictionary(pair => pair.Tensor, pair => pair.Shard) }));

    private void Refuse(params string[] words) =>
        Refused.With(() => Checkpoint.Open(directory.FullPath), [directory.FullPath, .. words]);
}

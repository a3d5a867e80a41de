using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tests.Weights;

/// <summary>Files that other people's software wrote, against a second, plain reader of the format.</summary>
public sealed class FixtureCheckpointTests
{
    [Fact]
    public void Every_checkpoint_opens_and_every_tensor_has_the_stored_values()
    {
        string[] models = Directory.GetDirectories(Fixtures.Require("hf"));
        Assert.NotEmpty(models);
        foreach (string model in models)
        {
            using Checkpoint checkpoint = Checkpoint.Open(model);
            foreach (string file in checkpoint.Files)
            {
                foreach ((string name, string dtype, int[] shape, byte[] data) in PlainRead(file))
                {
                    Assert.Equal(shape, checkpoint.ShapeOf(name));
                    if (PlainFloats(dtype, data) is { } expected)
                        Assert.Equal(expected, checkpoint.Read(name, shape));
                    else
                        Refused.With(() => checkpoint.Read(name, shape), name, dtype);
                }
            }
            checkpoint.Ignore(name => !checkpoint.TypeOf(name)!.Value.IsFloat());
            checkpoint.ThrowIfUnused();
        }
    }

    [Fact]
    public void Expected_numbers_are_read_too()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Fixtures.Require("hf/gpt2/expected.safetensors"));
        foreach ((string name, string dtype, int[] shape, byte[] data) in PlainRead(file.FilePath))
        {
            Assert.Equal(shape, file.Tensors[name].Shape.ToArray());
            if (dtype == "I64")
                Assert.Equal(data.Chunk(8).Select(bytes => BitConverter.ToInt64(bytes)), file.ReadIntegers(name));
        }
    }

    [Fact]
    public void The_sharded_checkpoint_has_the_tensors_of_all_shards()
    {
        string model = Fixtures.Require("hf/llama_sharded");
        string[] shards = [.. Directory.GetFiles(model, "model-*.safetensors").Order(StringComparer.Ordinal)];
        using Checkpoint checkpoint = Checkpoint.Open(model);
        Assert.Equal(4, shards.Length);
        Assert.Equal(shards, checkpoint.Files);
        Assert.Equal(
            shards.SelectMany(PlainRead).Select(tensor => tensor.Name).Order(StringComparer.Ordinal),
            checkpoint.Names.Order(StringComparer.Ordinal));
        byte[] all = [.. shards.SelectMany(File.ReadAllBytes)];
        Assert.Equal(all.Length, checkpoint.BytesOnDisk);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(all)).ToLowerInvariant(), checkpoint.Sha256);
    }

    [Fact]
    public void The_bfloat16_checkpoint_is_stored_in_bfloat16()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Fixtures.Require("hf/llama_bf16"));
        Assert.All(checkpoint.Names, name => Assert.Equal(SafetensorsType.BF16, checkpoint.TypeOf(name)));
    }

    private static IEnumerable<(string Name, string Dtype, int[] Shape, byte[] Data)> PlainRead(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int start = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(8, start - 8));
        foreach (JsonProperty tensor in header.RootElement.EnumerateObject().Where(property => property.Name != "__metadata__"))
        {
            int[] shape = [.. tensor.Value.GetProperty("shape").EnumerateArray().Select(axis => axis.GetInt32())];
            JsonElement offsets = tensor.Value.GetProperty("data_offsets");
            byte[] data = bytes[(start + offsets[0].GetInt32())..(start + offsets[1].GetInt32())];
            yield return (tensor.Name, tensor.Value.GetProperty("dtype").GetString()!, shape, data);
        }
    }

    private static float[]? PlainFloats(string dtype, byte[] data) => dtype switch
    {
        "F32" => [.. data.Chunk(4).Select(bytes => BitConverter.ToSingle(bytes))],
        "F16" => [.. data.Chunk(2).Select(bytes => (float)BitConverter.ToHalf(bytes))],
        "BF16" => [.. data.Chunk(2).Select(bytes => BitConverter.ToSingle([0, 0, .. bytes]))],
        _ => null,
    };
}

using CsCheck;
using Interp.Runtime.Tests.Weights;

namespace Interp.Onnx.Tests;

/// <summary>A file with changed bytes either loads or is refused with one line; nothing else happens.</summary>
public sealed class OnnxFuzzTests
{
    [Theory]
    [InlineData("gpt2_onnx/model.onnx")]
    [InlineData("llama_onnx/model_nofold.onnx")]
    [InlineData("bert/model_opset17.onnx")]
    public void Changed_bytes_never_crash(string graph)
    {
        string original = Fixtures.Require(Path.Combine("hf", graph));
        byte[] bytes = File.ReadAllBytes(original);
        using var directory = new TemporaryDirectory();
        directory.Put("config.json", File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(original)!, "config.json")));
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte).Array[1, 8].Sample(
            changes =>
            {
                byte[] changed = [.. bytes];
                foreach ((int at, byte value) in changes)
                {
                    changed[at] = value;
                }

                try
                {
                    TransformerModel.Load(directory.Put("model.onnx", changed));
                }
                catch (InvalidInputException e)
                {
                    Assert.DoesNotContain('\n', e.Message);
                }
            },
            iter: 150,
            threads: 1);
    }
}

using Interp.Runtime;

namespace Interp.Export.Tests;

/// <summary>This project does not reference Interp.Onnx, as a program that does without ONNX.</summary>
public sealed class OnnxFormatTests
{
    [Fact]
    public void Without_the_package_an_onnx_file_is_refused_with_its_name()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.onnx");
        string message = Assert.Throws<InvalidInputException>(() => TransformerModel.Load(path)).Message;
        Assert.StartsWith($"{path}: ONNX files are read by the package Interp.Onnx", message, StringComparison.Ordinal);
        Assert.Contains("OnnxFormat.Register()", message, StringComparison.Ordinal);
    }
}

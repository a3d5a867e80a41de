using System.Runtime.CompilerServices;

namespace Interp.Onnx.Tests;

/// <summary>The tests of this project load ONNX files.</summary>
internal static class OnnxRegistration
{
    [ModuleInitializer]
    internal static void Register() => OnnxFormat.Register();
}

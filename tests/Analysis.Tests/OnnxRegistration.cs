using System.Runtime.CompilerServices;
using Interp.Onnx;

namespace Interp.Analysis.Tests;

/// <summary>The tests of this project load ONNX files.</summary>
internal static class OnnxRegistration
{
    [ModuleInitializer]
    internal static void Register() => OnnxFormat.Register();
}

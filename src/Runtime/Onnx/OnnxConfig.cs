using Interp.Runtime.Weights;

namespace Interp.Runtime.Onnx;

internal static class OnnxConfig
{
    public static ConfigReader Infer(OnnxFile file, Stream stream, BlockStructure structure, SiteNames names) =>
        throw new InvalidInputException($"{file.Path}: no config");
}

using Interp.Runtime.Gguf;

namespace Interp.Runtime;

/// <summary>Models on disk, by path.</summary>
internal static class ModelSources
{
    /// <summary>Opens ONNX files; null until the project that reads them is registered.</summary>
    public static Func<string, IModelSource>? Onnx { get; set; }

    /// <summary>Opens what a path names: a directory, an .onnx or a .gguf file.</summary>
    /// <exception cref="InvalidInputException">There is nothing of the kind, or it is damaged.</exception>
    public static IModelSource Open(string path) => (Directory.Exists(path), Path.GetExtension(path).ToLowerInvariant()) switch
    {
        (true, _) => new HuggingFaceDirectory(path),
        (_, ".onnx") => Onnx is { } open ? open(path) : throw new InvalidInputException(
            $"{path}: ONNX files are read by the package Interp.Onnx: reference it, and call Interp.Onnx.OnnxFormat.Register() before the first is loaded"),
        (_, ".gguf") => GgufModel.Open(path),
        _ => throw new InvalidInputException(File.Exists(path)
            ? $"{path}: expected a Hugging Face directory (config.json and *.safetensors), an .onnx or a .gguf file, found another file"
            : $"{path}: no such file or directory"),
    };
}

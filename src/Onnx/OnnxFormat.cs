namespace Interp.Onnx;

/// <summary>ONNX as a format of models: <see cref="TransformerModel.Load"/> reads it once this is registered.</summary>
public static class OnnxFormat
{
    /// <summary>Has models loaded from paths that end in <c>.onnx</c>; a second time it does nothing.</summary>
    public static void Register() => ModelSources.Onnx = OnnxModel.Open;
}

namespace Interp.Bench.Product;

/// <summary>ONNX Runtime's MatMul with the weights as a constant, so that it packs them.</summary>
internal sealed class OnnxProduct(float[] x, int m, float[] w, int k, int n, float[] destination, int threads) : IDisposable
{
    private readonly OnnxNode node = new("MatMul", x, [m, k], [(w, [k, n])], destination, [m, n], threads);

    internal void Run() => node.Run();

    public void Dispose() => node.Dispose();
}

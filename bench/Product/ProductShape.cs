namespace Interp.Bench.Product;

/// <summary>Rows, outputs and inputs of a product.</summary>
internal readonly record struct ProductShape(int M, int N, int K)
{
    /// <summary>The layers of GPT-2 small, and its logits.</summary>
    internal static ProductShape[] Layers { get; } =
    [
        new(1024, 768, 768), new(1024, 3072, 768), new(1024, 768, 3072), new(256, 2304, 768), new(64, 3072, 768),
        new(16, 3072, 768), new(128, 50257, 768),
    ];

    /// <summary>Sizes that are no multiple of anything.</summary>
    internal static ProductShape[] Odd { get; } =
    [
        .. Enumerable.Range(1, 17).Select(m => new ProductShape(m, 1001, 777)), new(67, 97, 131), new(131, 259, 517),
    ];

    internal double Flops => 2.0 * M * N * K;

    public override string ToString() => $"{M} x {N} x {K}";
}

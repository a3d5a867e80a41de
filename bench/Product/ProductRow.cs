namespace Interp.Bench.Product;

/// <summary>Medians of one shape in GFLOP/s; the peak was measured between the products.</summary>
internal sealed record ProductRow(ProductShape Shape, int Threads, double Peak, double Ours, double Onnx, double OursLow, double OursHigh)
{
    internal const string Header =
        "| M x N x K | threads | peak | ours | range | ONNX Runtime | ours / peak | ours / ONNX Runtime |\n|---|---|---|---|---|---|---|---|";

    internal string Line => FormattableString.Invariant(
        $"| {Shape} | {Threads} | {Peak:F0} | {Ours:F0} | {OursLow:F0}-{OursHigh:F0} | {Onnx:F0} | {Ours / Peak:P0} | {Ours / Onnx:F2} |");
}

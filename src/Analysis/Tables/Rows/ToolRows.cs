namespace Interp.Analysis;

/// <summary>The row of table <c>model</c>: what a model is.</summary>
public readonly record struct ModelRow(
    string Model, string Family, int NLayers, int DModel, int NHeads, int NKeyValueHeads, int DHead, int DMlp, int DVocab, int NCtx,
    string Norm, string Block, string Positions, string? Tokenizer, int HookPoints, double Parameters, double WeightBytes,
    string StoredTypes, double StoredBytes, int PromptLength, double ActivationBytes, double PeakBytes,
    double ForwardPeakBytes, string Sha256, string? TokenizerFiles);

/// <summary>A row of table <c>hooks</c>: a hook point of a model.</summary>
public readonly record struct HookPointRow(string Hook, string Site, int? Layer, string Shape, string When);

/// <summary>A row of table <c>bench</c>: how fast something runs.</summary>
public readonly record struct BenchRow(
    string Batch, string Kind, double? MedianMs, double? MinMs, double? MaxMs, double? TokensPerSecond, double? RatioToForward,
    double? RatioToForwardInto, double? PeakBytes);

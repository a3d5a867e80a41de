namespace Interp.Analysis;

/// <summary>A row of table <c>tokens</c>: one likely next token at a position.</summary>
public readonly record struct TokenRow(
    int Prompt, string? Id, string? Group, int Pos, string Token, int Rank, string TopToken, int TopId, double Logit, double Prob);

/// <summary>A row of table <c>generation</c>: a prompt and its continuation.</summary>
public readonly record struct GeneratedRow(int Prompt, string? Id, string? Group, string? Text, string Tokens, string NewTokens);

/// <summary>A row of table <c>components</c>: one write to the stream at a position; or a row that closes the ledger.</summary>
public readonly record struct ComponentRow(
    int Prompt, string? Id, string? Group, int Pos, string Token, string Component, string Kind, int? Layer, int? Head, int? Neuron,
    int? SrcPos, string? SrcToken, double? Norm, double? Cosine, double? Dla);

/// <summary>A row of table <c>lens</c>: the distribution that a place and position would predict.</summary>
public readonly record struct LensRow(
    int Prompt, string? Id, string? Group, string Site, int? Layer, int? Head, int Pos, string Token, string Target, int Rank,
    string TopToken, double Logit, double Prob, double Entropy, double KlToFinal);

/// <summary>A row of table <c>flow</c>: what one layer moves from a source to a destination, by one measure.</summary>
public readonly record struct FlowRow(
    int Prompt, string? Id, string? Group, int? Layer, int? Head, int Pos, string Token, int SrcPos, string SrcToken, string Measure,
    int? Window, double Value);

/// <summary>A row of table <c>flow_agreement</c>: how well a measure agrees with the measured knockout.</summary>
public readonly record struct FlowAgreementRow(
    int? Prompt, string? Id, string? Group, string Measure, string ScoreName, int Window, double? Value, double? CiLow, double? CiHigh, int? N);

/// <summary>A row of table <c>verify</c>: one hook point beside its reference.</summary>
public readonly record struct VerificationRow(string Hook, int? Layer, string Shape, double MaxAbs, double MaxRel, int Ok);

/// <summary>A row of table <c>flow_edges</c>: one edge of the graph of information-flow routes.</summary>
public readonly record struct FlowEdgeRow(
    int Prompt, string? Id, string? Group, string Src, string Dst, string? DstInput, string Kind, int? Layer, int? Head, int Pos,
    string Token, int? SrcPos, string? SrcToken, double Importance, double? Value);

/// <summary>A row of table <c>mixing</c>: what one layer does to a token's vector.</summary>
public readonly record struct MixingRow(
    int Prompt, string? Id, string? Group, int Layer, int Pos, string Token, string Measure, double? Own, double? First, double? Distance1,
    double? Distance2to3, double? Distance4to7, double? Distance8up, double? AttnNorm, double? AttnAdded, double? AttnCosine,
    double? MlpNorm, double? MlpAdded, double? MlpCosine, double StreamNorm, double? Ln1Scale, double? Ln2Scale);

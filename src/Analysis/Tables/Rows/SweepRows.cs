namespace Interp.Analysis;

/// <summary>A row of table <c>prompts</c>: one token of a prompt pair.</summary>
public readonly record struct PromptTokenRow(int Prompt, string? Id, string? Group, string Role, int? Pos, string Token, int TokenId, int? TokenType);

/// <summary>A row of table <c>patching</c>: one cell of an activation-patching sweep on one prompt.</summary>
public readonly record struct PatchingRow(
    int Prompt, string? Id, string? Group, string Site, string Hook, int? Layer, int? Head, int? Pos, int? SrcPos, int? Neuron,
    string? Span, string? SrcSpan, string Metric, double Clean, double Corrupted, double Patched, double? Effect);

/// <summary>A row of table <c>ablation</c>: one cell of an ablation sweep (or of causal tracing) on one prompt.</summary>
public readonly record struct AblationRow(
    int Prompt, string? Id, string? Group, string Site, string Hook, int? Layer, int? Head, int? Pos, int? SrcPos, int? Neuron,
    string? Span, string? SrcSpan, string Metric, string With, double Clean, double? Corrupted, double Patched, double? Effect);

/// <summary>A row of table <c>knockout</c>: attention edges cut in one prompt.</summary>
public readonly record struct KnockoutRow(
    int Prompt, string? Id, string? Group, int? Layer, int? Head, int? Pos, int? SrcPos, string? Span, string? SrcSpan, int Window,
    string Renormalize, string Metric, double Clean, double? Corrupted, double Patched, double? Effect);

/// <summary>A row of table <c>paths</c>: one path patched in one prompt, exactly and linearly.</summary>
public readonly record struct PathRow(
    int Prompt, string? Id, string? Group, string Src, string Dst, string Frozen, string Metric, double Clean, double Corrupted,
    double Patched, double? Effect, double Linear, double? LinearEffect);

/// <summary>
/// A row of any <c>..._summary</c> table: a cell over all prompts. Columns that the table of the sweep does not have are null.
/// </summary>
public readonly record struct SummaryRow(
    string? Site, string? Hook, int? Layer, int? Head, int? Pos, int? SrcPos, int? Neuron, string? Span, string? SrcSpan, int? Window,
    string? Renormalize, string? Src, string? Dst, string? Frozen, string Metric, string? With, int N, double? Mean, double? CiLow,
    double? CiHigh, double? P, double? Q, double? D);

/// <summary>A row of table <c>plan</c>: what a sweep would run.</summary>
public readonly record struct PlanRow(
    int Variants, int Unchanged, int Lanes, int Whole, int Walks, double Rows, double MultiplyAdds, double NaiveMultiplyAdds, double Bytes);

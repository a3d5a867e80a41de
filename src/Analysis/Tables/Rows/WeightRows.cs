namespace Interp.Analysis;

/// <summary>A row of table <c>heads</c>: a head's score over prompts.</summary>
public readonly record struct HeadRow(
    int Layer, int Head, string ScoreName, double Value, double? CiLow, double? CiHigh, int N);

/// <summary>A row of table <c>ov</c> or <c>qk</c>: one number of a head's circuit.</summary>
public readonly record struct CircuitRow(int Layer, int Head, string ScoreName, int? Index, double Value);

/// <summary>A row of table <c>composition</c>: how strongly a head reads what an earlier one writes.</summary>
public readonly record struct CompositionRow(int SrcLayer, int SrcHead, int Layer, int Head, string Input, double Value);

/// <summary>A row of table <c>token_pairs</c>: one of the largest entries of a head's full circuit.</summary>
public readonly record struct TokenPairRow(
    int Layer, int Head, string Circuit, int FromId, string FromToken, int ToId, string ToToken, double Value);

/// <summary>A row of table <c>neurons</c>: one of the tokens that a neuron reads or writes most.</summary>
public readonly record struct NeuronRow(
    int Layer, int? Expert, int Neuron, string Side, int Rank, int TokenId, string Token, double Value);

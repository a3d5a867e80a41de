namespace Interp.Analysis;

/// <summary>One edge of the graph of information-flow routes: a part of something that was read, large enough to count.</summary>
/// <param name="To">
/// What is read: a point of the stream (<c>resid_mid3@8</c>), or along a reading the logits (<c>logits@8</c>) or what wrote
/// (<c>L1H1@8&lt;-2</c>).
/// </param>
/// <param name="From">Where the part comes from, named likewise.</param>
/// <param name="Input">Along a reading, the input of a head through which it is read.</param>
/// <param name="Component">What wrote the part; of the residual path null.</param>
/// <param name="Position">Position at which it arrives.</param>
/// <param name="Source">Position from which a head moved it, or the own one; null for biases.</param>
/// <param name="Importance">Share of all parts, 0 to 1.</param>
/// <param name="Value">
/// By how much the whole is nearer to 0 without the part: max(0, |y| - |y - T|) of 1-norms; along a reading the part's signed contribution.
/// </param>
public sealed record RouteEdge(
    string To, string From, QkvInput? Input, Component? Component, int Position, int? Source, double Importance, double Value);

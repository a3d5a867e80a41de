using System.Globalization;

namespace Interp.Hooks;

/// <summary>
/// Adds a multiple of a vector (Turner et al. 2023, "Steering Language Models With Activation Engineering").
/// </summary>
/// <param name="Point">Where; not attention scores or patterns, whose rows have no fixed width.</param>
/// <param name="Vector">One row: [width], added on every head in scope, or [heads, width].</param>
/// <param name="Coefficient">Factor of the vector.</param>
/// <param name="Scope">Which part.</param>
public sealed record Steer(HookPoint Point, TensorValue Vector, float Coefficient, Scope Scope) : Intervention(Point, Scope)
{
    private protected override string Verb => "steer";

    private protected override string Detail =>
        string.Create(CultureInfo.InvariantCulture, $" by {Coefficient} x {Vector}");
}

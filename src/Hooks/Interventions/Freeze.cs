namespace Interp.Hooks;

/// <summary>
/// Holds an attention pattern, attention scores or a norm's scale at the values of a recorded run, so that what remains of
/// the model is linear in what passes through it (Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits").
/// </summary>
/// <param name="Point">A pattern, attention scores or the scale of a norm.</param>
/// <param name="Values">The point's activation of one whole sequence of the recorded run.</param>
/// <param name="Scope">Which part.</param>
public sealed record Freeze(HookPoint Point, TensorValue Values, Scope Scope) : Intervention(Point, Scope)
{
    private protected override string Verb => "freeze";

    private protected override string Detail => $" at {Values}";
}

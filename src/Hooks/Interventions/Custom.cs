namespace Interp.Hooks;

/// <summary>Changes an activation in place.</summary>
/// <param name="activation">The values of one sequence at the point.</param>
public delegate void ActivationEdit(in Activation activation);

/// <summary>Any change, as code. Opaque: it cannot be saved, and compares equal only to itself.</summary>
/// <param name="Point">Where.</param>
/// <param name="Name">A name for logs and errors.</param>
/// <param name="Edit">The change.</param>
/// <param name="Scope">Sequences only; the code itself chooses positions, heads and neurons.</param>
public sealed record Custom(HookPoint Point, string Name, ActivationEdit Edit, Scope Scope) : Intervention(Point, Scope)
{
    /// <inheritdoc/>
    public override string ToString() => $"Custom({Name} at {Point}; {Scope})";

    internal override void Validate(HookMap map, ScopeCheck check)
    {
        if (Scope with { Sequences = IndexSet.All } != Scope.Everything)
        {
            throw new InvalidInputException($"{this}: expected a scope of sequences only; the code chooses the rest itself");
        }
    }

    internal override void Apply(in Activation activation, ResolvedScope scope) => Edit(activation);
}

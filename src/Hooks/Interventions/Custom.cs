namespace Interp.Hooks;

/// <summary>Reads and changes an activation.</summary>
/// <param name="activation">The activation of one sequence; writing to its data changes the rest of the pass.</param>
public delegate void ActivationEdit(in Activation activation);

/// <summary>
/// A change made by code. What the code does cannot be seen, so it cannot be saved or hashed, and only
/// <see cref="Scope.Sequences"/> may be narrowed: inside an activation the code chooses for itself.
/// </summary>
/// <param name="Point">Where.</param>
/// <param name="Name">Name for messages and labels.</param>
/// <param name="Edit">Called once for each sequence in scope.</param>
/// <param name="Scope">Which sequences.</param>
public sealed record Custom(HookPoint Point, string Name, ActivationEdit Edit, Scope Scope) : Intervention(Point, Scope)
{
    private protected override string Verb => "custom";

    private protected override string Detail => $" '{Name}'";
}

namespace Interp.Hooks;

/// <summary>
/// A change made to a forward pass at one hook point. Interventions are values: they compare by content, print readably
/// and can be saved by <see cref="InterventionJson"/>. <see cref="InterventionPlan"/> checks and applies them.
/// </summary>
/// <param name="Point">Where the change is made.</param>
/// <param name="Scope">Which part of the activation is changed.</param>
public abstract record Intervention(HookPoint Point, Scope Scope)
{
    /// <summary>One line: what is done, where, and to which part.</summary>
    public sealed override string ToString()
    {
        string scope = Scope == Scope.Everything ? "" : $" ({Scope})";
        return $"{Verb} {Point}{scope}{Detail}";
    }

    /// <summary>What is done: <c>patch</c>, <c>zero-ablate</c>.</summary>
    private protected abstract string Verb { get; }

    /// <summary>What it is done with, starting with a space; empty when there is nothing to tell.</summary>
    private protected virtual string Detail => "";
}

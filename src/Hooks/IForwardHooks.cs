namespace Interp.Hooks;

/// <summary>
/// The one seam between the runtime and the world. The runtime takes an implementation as a struct type argument, so an
/// empty one compiles away.
/// </summary>
public interface IForwardHooks
{
    /// <summary>Whether <see cref="OnActivation"/> is to be called at this point.</summary>
    /// <param name="point">A hook point of the model.</param>
    bool Wants(HookPoint point);

    /// <summary>Whether <see cref="OnActivation"/> may write to the values at this point.</summary>
    /// <param name="point">A hook point of the model.</param>
    bool MayChange(HookPoint point);

    /// <summary>Called once for each sequence of the batch when the values exist.</summary>
    /// <param name="activation">The values; changes are used by the rest of the pass.</param>
    void OnActivation(in Activation activation);

    /// <summary>Called once with the values of all sequences, after each of them was offered: who records, copies here.</summary>
    /// <param name="batch">The values as the rest of the pass uses them.</param>
    void OnBatch(in ActivationBatch batch);
}

/// <summary>Listens to nothing.</summary>
public readonly struct NoHooks : IForwardHooks
{
    /// <inheritdoc/>
    public bool Wants(HookPoint point) => false;

    /// <inheritdoc/>
    public bool MayChange(HookPoint point) => false;

    /// <inheritdoc/>
    public void OnActivation(in Activation activation)
    {
    }

    /// <inheritdoc/>
    public void OnBatch(in ActivationBatch batch)
    {
    }
}

using Interp.Hooks;

namespace Interp.Runtime;

/// <summary>
/// Computes many variants of a batch of base runs. All engines give the same bits: those of one full forward pass per
/// variant, whatever the batch, the memory budget and the number of threads.
/// </summary>
public interface IVariantEngine
{
    /// <summary>Name on the command line.</summary>
    string Name { get; }

    /// <summary>Bytes that are held at a time when nothing is said (<see cref="VariantOptions.MemoryBudget"/>).</summary>
    long DefaultMemory { get; }

    /// <summary>
    /// Runs the variants and hands each over as it gets done: exactly once, never two at a time, in an order that
    /// depends on the arguments but not on threads or timing, and is not always that of the list.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">The base sequences.</param>
    /// <param name="variants">The variants; may be made when asked for, and each may be asked for more than once.</param>
    /// <param name="options">What is read of them.</param>
    /// <param name="handle">Receives them.</param>
    /// <exception cref="InvalidInputException">
    /// A variant does not fit the model or its sequence, or its values are not finite; the message names the sequence as
    /// prompt.
    /// </exception>
    /// <exception cref="OperationCanceledException">Stopped through <see cref="VariantOptions.Cancellation"/>.</exception>
    void Run(
        TransformerModel model, TokenBatch batch, IReadOnlyList<Variant> variants, VariantOptions options, VariantHandler handle);

    /// <summary>
    /// What source runs (<see cref="VariantOptions.Sources"/>) have to record for all to be taken from them that variants share with them;
    /// empty = the engine takes nothing.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="changed">The points that variants change.</param>
    IReadOnlyList<HookPoint> SourcePoints(TransformerModel model, IEnumerable<HookPoint> changed);

    /// <summary>Plans the variants without computing more than their base runs.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">The base sequences.</param>
    /// <param name="variants">The variants.</param>
    /// <param name="options">What is read of them.</param>
    /// <returns>The plan in numbers. Multiply-adds are an estimate where variants record or run code of the caller's.</returns>
    /// <exception cref="InvalidInputException">As in <see cref="Run"/>.</exception>
    VariantPlan Explain(TransformerModel model, TokenBatch batch, IReadOnlyList<Variant> variants, VariantOptions options);
}

/// <summary>Receives variants as they get done.</summary>
/// <param name="result">What was computed; what is not copied is gone after the call.</param>
public delegate void VariantHandler(in VariantResult result);

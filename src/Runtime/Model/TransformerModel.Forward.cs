using Interp.Hooks;
using Interp.Runtime.Forward;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime;

public sealed partial class TransformerModel
{
    /// <summary>Runs a batch for its effects on a listener of the caller's own; logits of each sequence, [rows, d_vocab].</summary>
    /// <typeparam name="THooks">The listener; a struct, so that an empty one costs nothing.</typeparam>
    /// <param name="batch">The prompts.</param>
    /// <param name="hooks">The listener.</param>
    /// <param name="cache">Positions already run, or null.</param>
    /// <param name="logits">For which positions logits are computed.</param>
    /// <param name="threads">Threads; 0 = one per core.</param>
    /// <exception cref="InvalidInputException">The batch does not fit the model or memory, or values are not finite.</exception>
    public float[] Forward<THooks>(
        TokenBatch batch, THooks hooks, KeyValueCache? cache = null, LogitRows logits = default, int threads = 0)
        where THooks : struct, IForwardHooks
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Forward(batch, hooks, cache, logits, threads, allowNonFinite: false, out _);
    }

    /// <summary>Runs a batch as <see cref="Forward{THooks}(TokenBatch, THooks, KeyValueCache?, LogitRows, int)"/> does, with logits in memory
    /// of the caller's: a program that runs many batches spares the system new memory for each.</summary>
    /// <typeparam name="THooks">The listener; a struct, so that an empty one costs nothing.</typeparam>
    /// <param name="batch">The prompts.</param>
    /// <param name="hooks">The listener.</param>
    /// <param name="into">Receives the logits of each sequence, [rows, d_vocab].</param>
    /// <param name="cache">Positions already run, or null.</param>
    /// <param name="logits">For which positions logits are computed.</param>
    /// <param name="threads">Threads; 0 = one per core.</param>
    /// <exception cref="InvalidInputException">
    /// The batch does not fit the model or memory, values are not finite, or <paramref name="into"/> has another length.</exception>
    public void Forward<THooks>(
        TokenBatch batch, THooks hooks, Span<float> into, KeyValueCache? cache = null, LogitRows logits = default, int threads = 0)
        where THooks : struct, IForwardHooks
    {
        ArgumentNullException.ThrowIfNull(batch);
        Check(batch, hooks, cache, logits);
        long expected = BatchRun.ReadRows(batch.Lengths, logits) * Config.DVocabOut;
        if (into.Length != expected)
        {
            throw new InvalidInputException(
                $"into: expected room for {expected} logits ({expected / Config.DVocabOut} rows of {Config.DVocabOut}), found {into.Length}");
        }

        if (BatchRun.Run(Resources, batch, hooks, cache, logits, ThreadCount(threads), into) is { } found)
        {
            throw NotFinite(found);
        }
    }

    private float[] Forward<THooks>(
        TokenBatch batch, THooks hooks, KeyValueCache? cache, LogitRows logits, int threads, bool allowNonFinite,
        out NonFinite? nonFinite)
        where THooks : struct, IForwardHooks
    {
        Check(batch, hooks, cache, logits);
        float[] result = ResultPool.Shared.Take(checked((int)(BatchRun.ReadRows(batch.Lengths, logits) * Config.DVocabOut)), out _);
        nonFinite = BatchRun.Run(Resources, batch, hooks, cache, logits, ThreadCount(threads), result);
        return nonFinite is not { } found || allowNonFinite ? result : throw NotFinite(found);
    }

    private void Check<THooks>(TokenBatch batch, THooks hooks, KeyValueCache? cache, LogitRows logits)
        where THooks : struct, IForwardHooks
    {
        batch.Validate(Config, cache?.Lengths);
        if (!Config.HasUnembed && BatchRun.ReadRows(batch.Lengths, logits) > 0)
        {
            throw new InvalidInputException($"{Name}: {ModelWeights.NoUnembed}");
        }

        BatchLimit.Check(Config, batch, cache, logits, hooks);
    }

    private InvalidInputException NotFinite(NonFinite found) => new($"prompt {found.Sequence}: {found.Describe(Hooks)}");
}

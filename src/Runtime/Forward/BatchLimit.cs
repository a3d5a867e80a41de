using Interp.Hooks;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Forward;

/// <summary>Refuses batches whose arrays would be longer than arrays can be, before anything is computed.</summary>
internal static class BatchLimit
{
    private static readonly HookKind[] PerHeadStreams =
        [HookKind.AttnIn, HookKind.QInput, HookKind.KInput, HookKind.VInput, HookKind.Result];

    /// <summary>Throws when a run takes more memory than it may.</summary>
    /// <exception cref="InvalidInputException">The batch is too large.</exception>
    public static void RequireMemory(IReadOnlyList<int> lengths, MemoryPlan plan, long budget)
    {
        if (plan.Run > budget)
        {
            throw new InvalidInputException(
                $"memory: a run of {lengths.Count} prompt{(lengths.Count == 1 ? "" : "s")} with {lengths.Sum(n => (long)n)} tokens needs {plan.Run} bytes beside the weights "
                + $"(pass {plan.Pass}, recorded {plan.Recorded}, logits {plan.Logits}), allowed are {budget}; run fewer or shorter "
                + "prompts at a time, record fewer hooks, or allow more");
        }
    }

    /// <summary>Throws when one of the arrays of a pass has no room.</summary>
    /// <exception cref="InvalidInputException">The batch is too large.</exception>
    public static void Check<THooks>(
        ModelConfig config, TokenBatch batch, KeyValueCache? cache, LogitRows logits, THooks hooks)
        where THooks : struct, IForwardHooks
    {
        IReadOnlyList<int> lengths = batch.Lengths;
        long rows = lengths.Sum(n => (long)n);
        int[] layers = [.. Enumerable.Range(0, config.NLayers)];
        bool perHead = layers.Any(l => PerHeadStreams.Any(kind => hooks.Wants(new HookPoint(kind, l))));
        bool attention = layers.Any(l => hooks.Wants(Hook.Pattern(l)) || hooks.Wants(Hook.AttnScores(l)));
        long read = hooks.Wants(Hook.UnembedOut) ? rows : lengths.Select((n, s) => (long)logits.Resolve(n, s).Length).Sum();
        Require("the residual stream", rows * config.DModel);
        Require("heads", rows * config.NHeads * config.DHead);
        Require("neurons", rows * config.DMlp * Math.Max(1, config.ExpertsPerToken));
        Require("expert outputs", rows * config.DModel * config.ExpertsPerToken);
        Require("streams head by head", perHead ? rows * config.NHeads * config.DModel : 0);
        Require("logits", read * config.DVocabOut);
        for (int s = 0; s < lengths.Count; s++)
        {
            long keys = lengths[s] + (long)(cache?.Lengths[s] ?? 0);
            Require($"the attention of prompt {s}", lengths[s] * keys * (attention ? config.NHeads : 1));
            Require($"the keys of prompt {s}", keys * config.NKeyValueHeads * config.DHead);
        }

        void Require(string what, long numbers)
        {
            if (numbers > Array.MaxLength)
            {
                throw new InvalidInputException(
                    $"batch of {lengths.Count} prompts with {rows} tokens: expected at most {Array.MaxLength} numbers for {what}, "
                    + $"found {numbers}; run fewer or shorter prompts at a time");
            }
        }
    }
}

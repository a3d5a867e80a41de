using Interp.Hooks;

namespace Interp.Runtime;

/// <summary>What every engine checks before anything runs, and says in the same words.</summary>
internal static class VariantChecks
{
    /// <summary>Checks what does not depend on single variants.</summary>
    /// <exception cref="InvalidInputException">Something does not fit.</exception>
    public static void Require(TransformerModel model, TokenBatch batch, VariantOptions options)
    {
        batch.Validate(model.Config);
        options.Tokens.Validate(batch.Count, model.Config.DVocabOut);
        if (options.Base.Count > 0 && options.Base.Count != batch.Count)
        {
            throw new InvalidInputException(
                $"base interventions: expected a list for each of {batch.Count} sequences, found {options.Base.Count}");
        }

        if (options.Numbers.Count > 0 && options.Numbers.Count != batch.Count)
        {
            throw new InvalidInputException(
                $"numbers of prompts: expected one for each of {batch.Count} sequences, found {options.Numbers.Count}");
        }

        if (options.Sources.Count > 0 && options.Sources.Count != batch.Count)
        {
            throw new InvalidInputException(
                $"source runs: expected one for each of {batch.Count} sequences, found {options.Sources.Count}");
        }

        if (options.Sources.Any(source => !source.IsOf(model.Hooks)))
        {
            throw new InvalidInputException("source runs: expected runs of this model, found one of another");
        }

        if (options.MemoryBudget is < 1)
        {
            throw new InvalidInputException($"memory budget: expected at least 1 byte, found {options.MemoryBudget}");
        }

        for (int s = 0; s < batch.Count; s++)
        {
            options.Logits.Resolve(batch.Tokens(s).Length, s);
        }
    }

    /// <summary>The interventions of a variant of the list, checked with everything else of it.</summary>
    /// <exception cref="InvalidInputException">Something does not fit.</exception>
    public static InterventionPlan Require(TransformerModel model, TokenBatch batch, int index, Variant variant, VariantOptions options)
    {
        if ((uint)variant.Sequence >= (uint)batch.Count)
        {
            throw new InvalidInputException(
                $"variant {index}: sequence {variant.Sequence} is out of range, the batch has sequences 0..{batch.Count - 1}");
        }

        InterventionPlan plan = Plan(model, batch, variant, options);
        foreach (HookPoint point in variant.Observe)
        {
            model.Hooks.Require(point);
        }

        return plan;
    }

    /// <summary>The interventions of a variant, checked against its sequence as a batch of one.</summary>
    /// <exception cref="InvalidInputException">One does not fit, or can never take effect.</exception>
    public static InterventionPlan Plan(TransformerModel model, TokenBatch batch, Variant variant, VariantOptions options)
    {
        try
        {
            return InterventionPlan.Create(model.Hooks, [batch.Tokens(variant.Sequence).Length], [.. All(variant, options)]);
        }
        catch (InvalidInputException exception)
        {
            throw new InvalidInputException($"prompt {Number(variant, options)}: {exception.Message}", exception);
        }
    }

    /// <summary>All interventions of a variant, those of its base run first.</summary>
    public static IEnumerable<Intervention> All(Variant variant, VariantOptions options) =>
        options.Base.Count > 0 ? options.Base[variant.Sequence].Concat(variant.Interventions) : variant.Interventions;

    /// <summary>The points at which a variant changes values.</summary>
    public static HookPoint[] Changed(TransformerModel model, Variant variant, VariantOptions options) =>
        [.. All(variant, options).Select(i => model.Hooks.Require(i.Point)).Distinct()];

    /// <summary>The error about a variant whose values are not finite.</summary>
    public static InvalidInputException NotFinite(TransformerModel model, Variant variant, VariantOptions options, NonFinite found) =>
        new($"prompt {Number(variant, options)}, {variant.Describe(model.Hooks)}: {found.Describe(model.Hooks)}");

    private static int Number(Variant variant, VariantOptions options) =>
        options.Numbers.Count > 0 ? options.Numbers[variant.Sequence] : variant.Sequence;
}

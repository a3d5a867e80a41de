namespace Interp.Analysis;

/// <summary>What is read of rows of prompts; the rest of a row is left alone.</summary>
[Flags]
public enum PromptParts
{
    /// <summary>Prompts.</summary>
    Prompts = 0,

    /// <summary>The tokens that a metric reads.</summary>
    Answers = 1,

    /// <summary>A corrupted prompt beside each clean one.</summary>
    Corrupted = 2,

    /// <summary>Named spans of prompts.</summary>
    Spans = 4,

    /// <summary>Where a metric is read.</summary>
    Metric = 8,
}

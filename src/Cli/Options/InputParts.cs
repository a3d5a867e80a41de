namespace Interp.Cli;

/// <summary>What a command reads of its input.</summary>
[Flags]
internal enum InputParts
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

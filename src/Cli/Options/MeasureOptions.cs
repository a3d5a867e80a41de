using System.CommandLine;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>What is measured in patched runs, and how they are computed and kept.</summary>
internal sealed class MeasureOptions
{
    private readonly Option<string> _metric = Opt.Text(
        "--metric", string.Join("|", Metric.Names), "What is measured.", "logit-diff");

    private readonly Option<int> _pos = Opt.Int("--pos", "N", "Position at which it is measured; negative from the end.", -1);
    private readonly Option<string> _engine = Opt.Text(
        "--engine", string.Join('|', VariantEngines.Names), "How runs are computed; naive = one whole run per cell. No number depends "
        + "on it.", VariantEngines.Default.Name);

    private readonly Option<string?> _memory = Opt.Text("--memory", "SIZE", "Memory that runs may take at a time, such as 4GB or 500MB.");
    private readonly Option<bool> _summary = Opt.Switch(
        "--summary", "The table over prompts instead: mean, 95 % bootstrap interval, sign-flip p, q over the sweep, effect size.");

    private readonly Option<bool> _resume = Opt.Switch(
        "--resume", "Go on where a stopped call with the same --out left off (OUT.partial).");

    /// <summary>Adds the options to a command.</summary>
    public MeasureOptions(Command command)
    {
        foreach (Option option in new Option[] { _metric, _pos, _engine, _memory, _summary, _resume })
        {
            command.Add(option);
        }
    }

    /// <summary>Adds metric and means to the options of a sweep.</summary>
    /// <exception cref="InvalidInputException">A metric, engine or size is unknown.</exception>
    public SweepOptions Complete(Session session, SweepOptions options, int threads, string? output) => options with
    {
        Metric = Metric.Parse(session.Get(_metric), session.Get(_pos)),
        Engine = VariantEngines.Parse(session.Get(_engine)),
        MemoryBudget = session.Get(_memory) is { } size ? MemorySize.Parse(size) : null,
        Threads = threads,
        Journal = output is not null ? new SweepJournal(output + ".partial", session.Get(_resume))
            : session.Get(_resume) ? throw new InvalidInputException("--resume: expected --out FILE beside it, found none")
            : null,
    };

    /// <summary>The table that was asked for: one row per cell and prompt, or the summary over prompts.</summary>
    public ResultTable Shape(Session session, ResultTable table, int seed, int threads) =>
        session.Get(_summary) ? SweepSummary.Of(table, seed, threads: threads) : table;

    /// <summary>Whether the summary was asked for.</summary>
    public bool Summary(Session session) => session.Get(_summary);

    /// <summary>Checks that each prompt has the position at which the metric is read.</summary>
    /// <exception cref="InvalidInputException">A prompt is too short.</exception>
    public static void CheckPosition(Metric metric, IReadOnlyList<PromptPair> pairs)
    {
        for (int i = 0; i < pairs.Count; i++)
        {
            Runtime.Positions.Resolve(metric.Position, pairs[i].Clean.Count, $"prompt {i}");
            if (pairs[i].Corrupted.Count > 0)
            {
                Runtime.Positions.Resolve(metric.Position, pairs[i].Corrupted.Count, $"the corrupted prompt {i}");
            }
        }
    }
}

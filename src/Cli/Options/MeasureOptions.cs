using System.CommandLine;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>What is measured in patched runs, and how they are computed and kept.</summary>
internal sealed class MeasureOptions
{
    private const string Usual = "logit-diff";

    private readonly Option<string?> _metric = Opt.Text(
        "--metric", string.Join("|", Analysis.Metric.Names),
        "What is measured. [default: logit-diff; logit where no prompt has a wrong token]");

    private readonly Option<int> _pos = Opt.Int("--pos", "N", "Position at which it is measured; negative from the end.", -1);
    private readonly Option<string> _engine = Opt.Text(
        "--engine", string.Join('|', VariantEngines.Names), "How runs are computed; naive = one whole run per cell. No number depends "
        + "on it.", VariantEngines.Default.Name);

    private readonly Option<bool> _summary = Opt.Switch(
        "--summary", "The table over prompts instead: mean, 95 % bootstrap interval, sign-flip p, q over the sweep, effect size.");

    private readonly Option<bool> _resume = Opt.Switch(
        "--resume", "Go on where a stopped call with the same --out left off (OUT.partial).");

    private readonly Option<bool> _explain = Opt.Switch(
        "--explain", "The plan instead of the runs: lanes, rows, multiply-adds of both engines, bytes.");

    /// <summary>Adds the options to a command.</summary>
    public MeasureOptions(Command command)
    {
        foreach (Option option in new Option[] { _metric, _pos, _engine, _summary, _resume, _explain })
        {
            command.Add(option);
        }
    }

    /// <summary>What is measured.</summary>
    /// <exception cref="InvalidInputException">The metric is unknown.</exception>
    public Metric Metric(Session session)
    {
        Metric metric = Analysis.Metric.Parse(session.Get(_metric) ?? Usual);
        return session.Has(_pos) ? metric.At(session.Get(_pos)) : metric;
    }

    /// <summary>How it is computed. Plans are those of the default engine, which compare it with the other.</summary>
    /// <exception cref="InvalidInputException">An engine or size is unknown.</exception>
    public ExecutionOptions Execution(Session session, ModelOptions model, string? output) => new()
    {
        Engine = VariantEngines.Parse(session.Get(_engine)) is var engine && Explains(session) ? VariantEngines.Default : engine,
        MemoryBudget = model.Memory(session),
        RefuseBeyondMemory = true,
        Threads = model.Threads(session),
        Journal = Explains(session) ? null : output is not null ? new SweepJournal(output + ".partial", session.Get(_resume))
            : session.Get(_resume) ? throw new InvalidInputException("--resume: expected --out FILE beside it, found none")
            : null,
    };

    /// <summary>What was asked for: the plan, one row per cell and prompt, or the summary over prompts.</summary>
    /// <param name="session">The call.</param>
    /// <param name="seed">Seed of the statistics.</param>
    /// <param name="threads">Threads; 0 = one per core.</param>
    /// <param name="journal">Where measurements are noted; null = nowhere.</param>
    /// <param name="apart">Why positions of different prompts do not correspond; null = they do.</param>
    /// <param name="aligned">Whether the call says which do.</param>
    public SweepResult Result(
        Session session, int seed, int threads, SweepJournal? journal, string? apart = null, bool aligned = false) => new(
        session.Get(_summary), Explains(session), cells => SweepSummary.Of(cells, seed, threads: threads), journal, session.Get(_resume), apart, aligned);

    /// <summary>Whether the plan was asked for.</summary>
    /// <exception cref="InvalidInputException">With it, something that the plan has not.</exception>
    public bool Explains(Session session)
    {
        if (!session.Get(_explain))
        {
            return false;
        }

        Option? other = new Option[] { _summary, _resume }.FirstOrDefault(session.Has);
        return other is null
            ? true
            : throw new InvalidInputException($"{other.Name}: not read with --explain, which makes no runs; expected one of the two");
    }

    /// <summary>
    /// The metric for the prompts: what was asked for; without a word about it the logit difference, or the logit where no
    /// prompt has a wrong token.
    /// </summary>
    /// <exception cref="InvalidInputException">A prompt is too short for its position, or no prompt has an answer.</exception>
    public Metric ForPrompts(Session session, Metric metric, IReadOnlyList<PromptPair> pairs)
    {
        CheckPosition(session, metric, pairs);
        if (session.Has(_metric))
        {
            return metric;
        }

        if (pairs.All(p => p.Answers.Count == 0))
        {
            throw new InvalidInputException(
                "input: expected the right next token (--answer or --answer-token; in data the field answer), found none; "
                + "--metric kl needs none");
        }

        if (pairs.Any(p => p.Wrongs.Count > 0))
        {
            return metric;
        }

        session.Remark("metric: the logit of the answer, because no wrong token was given (--wrong gives logit-diff)");
        return session.Has(_pos) ? Analysis.Metric.Logit.At(session.Get(_pos)) : Analysis.Metric.Logit;
    }

    private void CheckPosition(Session session, Metric metric, IReadOnlyList<PromptPair> pairs)
    {
        PromptRuns.RefusePositions(session, _pos, pairs);
        for (int i = 0; i < pairs.Count; i++)
        {
            int row = pairs[i].Row ?? i;
            foreach (int position in metric.PositionsIn(pairs[i]))
            {
                Runtime.Positions.Resolve(position, pairs[i].Clean.Count, $"prompt {row}");
                if (pairs[i].Corrupted.Count > 0)
                {
                    Runtime.Positions.Resolve(position, pairs[i].Corrupted.Count, $"the corrupted prompt {row}");
                }
            }
        }
    }
}

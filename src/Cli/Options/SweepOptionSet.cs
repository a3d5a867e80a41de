using System.CommandLine;
using Interp.Analysis;

namespace Interp.Cli;

/// <summary>What a sweep covers and measures; shared by <c>patch</c> and <c>ablate</c>.</summary>
internal sealed class SweepOptionSet
{
    private const string UsualSite = "z";

    private readonly Option<string[]> _sites = Opt.List(
        "--sites", "SITES", "resid_pre,attn_out,mlp_out,z,q,k,v,pattern,... or names and globs of hook points. "
        + $"[default: {UsualSite}, the output of each head]");

    private readonly Option<string[]> _by = Opt.List(
        "--by", "AXES", "What is told apart: layer,head | layer,pos | layer,head,pos | layer,head,pos,src_pos. "
        + "[default: layer,head where a site has heads, else layer,pos]");

    private readonly Option<string> _metric = Opt.Text(
        "--metric", string.Join("|", Metric.Names), "What is measured.", "logit-diff");

    private readonly Option<int> _pos = Opt.Int("--pos", "N", "Position at which it is measured; negative from the end.", -1);
    private readonly Option<string> _engine = Opt.Text(
        "--engine", "naive", "How runs are computed: naive = one whole run per cell.", "naive");

    /// <summary>Adds the options to a command.</summary>
    public SweepOptionSet(Command command)
    {
        foreach (Option option in new Option[] { _sites, _by, _metric, _pos, _engine })
        {
            command.Add(option);
        }
    }

    /// <summary>What was asked for.</summary>
    /// <exception cref="InvalidInputException">An axis, metric or engine is unknown.</exception>
    public SweepOptions Read(Session session, int threads)
    {
        string engine = session.Get(_engine);
        if (engine != "naive")
        {
            throw new InvalidInputException($"engine '{engine}': not available yet; expected naive");
        }

        string[] sites = session.Get(_sites), by = session.Get(_by);
        if (by.Length > 0 && !by.Contains("layer"))
        {
            throw new InvalidInputException(
                $"by '{string.Join(',', by)}': layers are always told apart; expected layer,{string.Join(',', by)}");
        }

        return new SweepOptions
        {
            Sites = sites.Length > 0 ? sites : [UsualSite],
            By = by,
            Metric = Metric.Parse(session.Get(_metric), session.Get(_pos)),
            Threads = threads,
        };
    }

    /// <summary>Checks that each prompt has the position at which the metric is read.</summary>
    /// <exception cref="InvalidInputException">A prompt is too short.</exception>
    public static void CheckPosition(SweepOptions options, IReadOnlyList<PromptPair> pairs)
    {
        for (int i = 0; i < pairs.Count; i++)
        {
            Runtime.Positions.Resolve(options.Metric.Position, pairs[i].Clean.Count, $"prompt {i}");
            if (pairs[i].Corrupted.Count > 0)
            {
                Runtime.Positions.Resolve(options.Metric.Position, pairs[i].Corrupted.Count, $"the corrupted prompt {i}");
            }
        }
    }
}

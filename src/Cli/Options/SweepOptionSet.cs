using System.CommandLine;
using Interp.Analysis;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>What a sweep covers and measures; shared by <c>patch</c>, <c>ablate</c> and <c>knockout</c>.</summary>
internal sealed class SweepOptionSet
{
    private const string UsualSite = "z";

    private readonly Option<string[]> _sites = Opt.List(
        "--sites", "SITES", "resid_pre,attn_out,mlp_out,z,q,k,v,pattern,... or names and globs of hook points; q+k = both together; "
        + $"block_every, attn_head_all_pos_every, attn_head_by_pos_every. [default: {UsualSite}, the output of each head]");

    private readonly Option<string[]> _by = Opt.List(
        "--by", "AXES", "What is told apart: layer,head | layer,pos | layer,head,pos | layer,head,pos,src_pos | layer,span | "
        + "layer,neuron. [default: layer,head where a site has heads, else layer,pos, or layer,span with --spans]");

    private readonly Option<int[]> _positions = Opt.Ints(
        "--positions", "LIST", "Only these positions; negative from the end. Replaced together unless told apart by pos.");

    private readonly Option<string[]> _spans = Opt.List("--spans", "NAMES", "Only these named spans of the prompts, such as subject.");
    private readonly Option<int[]> _layers = Opt.Ints("--layers", "LIST", "Only these layers; negative from the last.");
    private readonly Option<string[]> _heads = Opt.List("--heads", "HEADS", "Only these heads, such as 9.6 or L9H6. Those of a layer together unless told apart by head.");
    private readonly Option<string?> _neurons = Opt.Text(
        "--neurons", "LIST|top:N", "Neurons told apart by neuron: a list, or the N of each layer with the largest change of activation "
        + "times norm of their output. [default: top:10]");

    private readonly Option<int> _window = Opt.Int("--window", "W", "Layers replaced together around each layer.", 1, 1);
    private readonly ChoiceOption<PositionAlignment?> _align = new(
        "--align", "Which positions of different prompts are one where they are told apart: those of one number from the start, from the end "
        + "(span -3), or beside the span that --spans names (span subject-1, subject:0, subject+1). Means over prompts that do not line up need it.",
        ("start", PositionAlignment.Start), ("end", PositionAlignment.End), ("span", PositionAlignment.Span));

    private readonly bool _withSites;

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="sites">Whether the command has sites.</param>
    public SweepOptionSet(Command command, bool sites = true)
    {
        _withSites = sites;
        Option[] options = sites
            ? [_sites, _by, _positions, _spans, _align, _layers, _heads, _neurons, _window]
            : [_by, _align, _layers, _heads, _window];
        foreach (Option option in options)
        {
            command.Add(option);
        }
    }

    /// <summary>What was asked for.</summary>
    /// <exception cref="InvalidInputException">An axis, head or choice of neurons is unknown.</exception>
    public SweepOptions Read(Session session)
    {
        string[] by = session.Get(_by);
        if (by.Length > 0 && !by.Contains("layer"))
        {
            throw new InvalidInputException(
                $"by '{string.Join(',', by)}': layers are always told apart; expected layer,{string.Join(',', by)}");
        }

        string[] sites = _withSites ? session.Get(_sites) : [];
        SweepOptions options = new()
        {
            Sites = !_withSites ? [] : sites.Length > 0 ? [.. sites.Select(Site.Parse)] : [UsualSite],
            By = [.. by.Select(SweepAxes.Parse)],
            Align = session.Has(_align) ? session.Get(_align) : null,
            Layers = session.Get(_layers),
            Heads = [.. session.Get(_heads).Select(HeadRef.Parse)],
            Window = session.Get(_window),
        };
        if (!_withSites)
        {
            return options;
        }

        if (session.Has(_neurons) && !by.Contains("neuron"))
        {
            throw new InvalidInputException("--neurons: expected --by layer,neuron beside it");
        }

        return options with
        {
            Positions = session.Get(_positions),
            Spans = session.Get(_spans),
            Neurons = session.Get(_neurons) is { } neurons ? NeuronChoice.Parse(neurons) : options.Neurons,
        };
    }
}

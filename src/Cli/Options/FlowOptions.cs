using System.CommandLine;
using System.Globalization;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>What <c>flow</c> makes of a prompt.</summary>
internal enum FlowResult
{
    Maps,
    Agreement,
    Mixing,
    Routes,
}

/// <summary>What <c>flow</c> measures, where, and what becomes of it.</summary>
internal sealed class FlowOptions
{
    private const float Threshold = 0.04f;

    private static readonly (string Name, FlowMeasure Measure)[] Known =
    [
        ("attention", FlowMeasure.Attention), ("value-norm", FlowMeasure.ValueNorm), ("block-norm", FlowMeasure.BlockNorm),
        ("alti", FlowMeasure.Alti), ("decompx", FlowMeasure.DecompX),
    ];

    private readonly Option<string[]> _measure = Opt.List(
        "--measure", "NAMES", "attention, value-norm, block-norm, alti; decompx: from tokens of the input through the whole stack; knockout: "
        + "measured, the metric with an edge cut (needs --answer). [default: value-norm; for --mixing alti]");

    private readonly ChoiceOption<string> _by = new(
        "--by", "Whether heads are told apart; the residual path then has rows without a head.", ("layer", "layer"), ("head", "head"));

    private readonly Option<int[]> _pos = Opt.Ints("--pos", "N", "Destinations: 0-based, negative from the end.", -1);
    private readonly Option<bool> _rollout = Opt.Switch(
        "--rollout", "Maps from each layer to the tokens of the input, as products of the layers' maps, instead of to the layer below.");

    private readonly Option<bool> _attentionFlow = Opt.Switch(
        "--attention-flow", "Maps from each layer to the tokens of the input, as largest flows through the layers' maps.");

    private readonly Option<string?> _window = Opt.Text(
        "--window", "N|all", "Layers in which the knockout cuts an edge at once, around each layer; all: in all layers. [default: 1]");

    private readonly Option<bool> _agreement = Opt.Switch(
        "--agreement", "How well each map agrees with the knockout (table `flow_agreement`): rank correlation and top-5 overlap over all layers "
        + "and sources, per prompt, and their mean with a 95 % interval over prompts.");

    private readonly Option<bool> _mixing = Opt.Switch(
        "--mixing", "What each layer does to a position's vector (table `mixing`): where it came from, how much attention and FFN add, whether "
        + "that is new, norms and scales.");

    private readonly Option<bool> _routes = Opt.Switch(
        "--routes", "The graph from the prediction back to tokens (table `flow_edges`): of the whole stream, or with --answer of what its logit "
        + "(minus that of --wrong) reads, through heads, their scores and neurons.");

    private readonly Option<float> _threshold = Opt.Float(
        "--threshold", "X", $"With --routes: the least importance of an edge, a share between 0 and 1. [default: {Threshold.ToString(CultureInfo.InvariantCulture)}]",
        Threshold);

    /// <summary>Adds the options to a command.</summary>
    public FlowOptions(Command command)
    {
        foreach (Option option in new Option[]
                 {
                     _measure, _by, _pos, _rollout, _attentionFlow, _window, _agreement, _mixing, _routes, _threshold,
                 })
        {
            command.Add(option);
        }
    }

    /// <summary>The measure of a name; null for the knockout.</summary>
    public static FlowMeasure? MeasureOf(string name) => name == "knockout" ? null : Known.Single(m => m.Name == name).Measure;

    /// <summary>What is made.</summary>
    public FlowResult Result(Session session) => session.Get(_routes) ? FlowResult.Routes
        : session.Get(_mixing) ? FlowResult.Mixing
        : session.Get(_agreement) ? FlowResult.Agreement : FlowResult.Maps;

    /// <summary>Names of the measures.</summary>
    public string[] Measures(Session session) => session.Get(_measure) is { Length: > 0 } given
        ? given
        : [session.Get(_mixing) ? "alti" : "value-norm"];

    /// <summary>Whether heads are told apart.</summary>
    public bool ByHead(Session session) => session.Get(_by) == "head";

    /// <summary>Destinations.</summary>
    public int[] Positions(Session session) => session.Get(_pos);

    /// <summary>Least importance of an edge of the routes.</summary>
    public double LeastImportance(Session session) => session.Get(_threshold);

    /// <summary>Whether the knockout is run.</summary>
    public bool Measured(Session session) => Measures(session).Contains("knockout") || session.Get(_agreement);

    /// <summary>Layers that the knockout cuts at once.</summary>
    public int Window(Session session)
    {
        string text = session.Get(_window) ?? "1";
        return text == "all" ? FlowKnockout.AllLayers
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int window) && window > 0 ? window
            : throw new InvalidInputException($"--window: expected a whole number of at least 1, or all, found '{text}'");
    }

    /// <summary>The maps as they were asked for: of layers, or from tokens of the input.</summary>
    public FlowMaps Finish(Session session, FlowMaps maps) =>
        session.Get(_rollout) ? maps.Rollout()
        : session.Get(_attentionFlow) ? maps.AttentionFlow(session.Get(_pos), session.Cancellation)
        : maps;

    /// <summary>Checks that the options fit each other.</summary>
    /// <exception cref="InvalidInputException">They do not.</exception>
    public void Check(Session session)
    {
        foreach (string name in Measures(session).Where(m => m != "knockout" && Known.All(k => k.Name != m)))
        {
            throw new InvalidInputException(
                $"--measure: expected some of {string.Join(", ", Known.Select(k => k.Name))}, knockout, found '{name}'");
        }

        FlowResult result = Result(session);
        bool input = session.Get(_rollout) || session.Get(_attentionFlow);
        Refuse(session.Get(_rollout) && session.Get(_attentionFlow), "--rollout: expected one way to the input, found --attention-flow as well");
        Refuse(
            input && ByHead(session),
            "--rollout, --attention-flow: what reaches a layer has come through all heads; leave --by head out");
        Refuse(
            input && Measures(session).Contains("knockout"),
            "--rollout, --attention-flow: a knockout is measured layer by layer; leave one of them out");
        Refuse(
            result == FlowResult.Agreement && (input || Measures(session).Contains("decompx")) && Window(session) != FlowKnockout.AllLayers,
            "--agreement: maps from the input are comparable to edges cut in all layers at once; --rollout, --attention-flow and decompx need --window all");
        Refuse(session.Has(_window) && !Measured(session), "--window: only a knockout has a window; expected --measure knockout or --agreement");
        Refuse(session.Has(_threshold) && result != FlowResult.Routes, "--threshold: expected with --routes only");
        Refuse(
            result == FlowResult.Routes && new Option[] { _measure, _by, _rollout, _attentionFlow, _agreement, _mixing, _window }.Any(session.Has),
            "--routes: a graph of its own; of the other options on flow only --pos and --threshold go with it");
        Refuse(
            result == FlowResult.Mixing && (session.Get(_agreement) || ByHead(session) || Measured(session)),
            "--mixing: shares of a map of heads together; leave --agreement, --by head and the knockout out");
        _ = Window(session);
    }

    private static void Refuse(bool condition, string reason)
    {
        if (condition)
        {
            throw new InvalidInputException(reason);
        }
    }
}

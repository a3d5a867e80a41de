using System.CommandLine;
using Interp.Analysis;
using Interp.Hooks;
using Interp.Runtime;
using Interp.Runtime.Weights;

namespace Interp.Cli;

/// <summary>What <c>decompose</c> takes apart: a logit difference, a head's score or value, or a probe; and through which scale.</summary>
internal sealed class ReadingOptions
{
    private readonly Option<string?> _to = Opt.Text(
        "--to", "HEAD.q|HEAD.k|HEAD.v", "Take apart what a head reads instead of logits: with q the score of --pos for --src by "
        + "--pos's writes (the key held), with k by --src's writes (the query held), with v what the head moves from --src "
        + "to the metric at --pos, by --src's writes. [default: logits]");

    private readonly Option<int?> _src = Opt.OptionalInt("--src", "N", "Source position of --to; negative from the end.", int.MinValue);
    private readonly Option<string?> _probe = Opt.Text(
        "--probe", "FILE.safetensors", "Take apart the stream times a vector, the file's only tensor, [d_model].");

    private readonly Option<string?> _at = Opt.Text(
        "--at", "HOOK", "Where the probe reads: a point of the stream. [default: the top]");

    private readonly ChoiceOption<NormScale> _scale = new(
        "--scale", "The last norm's scale: as recorded (rows sum), or each write's own (rows do not sum).",
        ("frozen", NormScale.Frozen), ("recomputed", NormScale.Recomputed));

    private readonly Option<bool> _gain = Opt.Switch("--gain-row", "What the last norm's gain changes is a row of its own.");
    private readonly Option<bool> _valueBias = Opt.Switch(
        "--value-bias", "With --by source: what the value bias adds through each head is a row of its own.");

    private readonly Option<int?> _topNeurons = Opt.OptionalInt(
        "--top-neurons", "N", "With --by neuron: rows for the N largest contributions of each layer, and one for the others.", 1);

    /// <summary>Adds the options to a command.</summary>
    public ReadingOptions(Command command)
    {
        foreach (Option option in new Option[] { _to, _src, _probe, _at, _scale, _gain, _valueBias, _topNeurons })
        {
            command.Add(option);
        }
    }

    /// <summary>Whether logits are read, so that answers matter.</summary>
    public bool NeedsAnswer(Session session) => !session.Has(_probe) && Input(session) is null or QkvInput.Value;

    /// <summary>How finely readings are taken apart; checks that options fit each other.</summary>
    /// <exception cref="InvalidInputException">They do not.</exception>
    public DecompositionOptions Read(Session session, LedgerDetail detail)
    {
        Require(_topNeurons, detail == LedgerDetail.Neuron, "--by neuron");
        Require(_valueBias, detail == LedgerDetail.Source, "--by source");
        Require(_src, session.Has(_to), "--to");
        Require(_at, session.Has(_probe), "--probe");
        Require(_gain, !session.Has(_to) && !session.Has(_probe), "a logit");
        if (session.Has(_to) && session.Has(_probe))
        {
            throw new InvalidInputException("expected one thing to take apart, found --to and --probe");
        }

        if (session.Has(_to) && !session.Has(_src))
        {
            throw new InvalidInputException("--to: expected a source position (--src) besides, found none");
        }

        return new DecompositionOptions
        {
            Detail = detail,
            Scale = session.Get(_scale),
            TopNeurons = session.Get(_topNeurons),
            ValueBiasRows = session.Get(_valueBias),
        };

        void Require(Option option, bool holds, string with)
        {
            if (session.Has(option) && !holds)
            {
                throw new InvalidInputException($"{option.Name}: works with {with} only");
            }
        }
    }

    /// <summary>The points that have to be recorded besides the ledger's.</summary>
    public IReadOnlyList<HookQuery> Needs(Session session, TransformerModel model) => session.Get(_to) is null
        ? []
        : ResidualLedger.InputNeeds(model, Head(session, model).Layer);

    /// <summary>What is taken apart in one run at one position.</summary>
    public IReadOnlyList<(double Weight, StreamReading Reading)> Readings(
        Session session, TransformerModel model, ResidualLedger ledger, int prompt, PromptPair pair, ReadOnlySpan<float> logits, int position)
    {
        if (session.Get(_probe) is { } file)
        {
            HookPoint at = session.Get(_at) is { } name ? model.Hooks.Resolve(name) : ledger.StreamPoints[^1];
            return [(1, ledger.ReadProbe(position, at, Vector(file)))];
        }

        if (Input(session) is not { } input)
        {
            return ComponentsTable.Readings(ledger, prompt, pair, logits, position, session.Get(_gain));
        }

        HeadRef head = Head(session, model);
        int source = session.Get(_src)!.Value;
        return input == QkvInput.Value
            ? [.. ComponentsTable.Readings(ledger, prompt, pair, logits, position, false)
                .Select(r => (r.Weight, ledger.ReadMoved(r.Reading, head.Layer, head.Head, source)))]
            : [(1, ledger.ReadScore(head.Layer, head.Head, input, position, source))];
    }

    private QkvInput? Input(Session session) => session.Get(_to) switch
    {
        null => null,
        var to when to.EndsWith(".q", StringComparison.Ordinal) => QkvInput.Query,
        var to when to.EndsWith(".k", StringComparison.Ordinal) => QkvInput.Key,
        var to when to.EndsWith(".v", StringComparison.Ordinal) => QkvInput.Value,
        var to => throw new InvalidInputException($"--to: expected a head and its input, such as 10.7.q, found '{to}'"),
    };

    private HeadRef Head(Session session, TransformerModel model)
    {
        HeadRef head = HeadRef.Parse(session.Get(_to)![..^2]);
        return (uint)head.Layer < (uint)model.Config.NLayers && (uint)head.Head < (uint)model.Config.NHeads
            ? head
            : throw new InvalidInputException(
                $"--to: head {head.Layer}.{head.Head} is out of range, expected 0..{model.Config.NLayers - 1}.0..{model.Config.NHeads - 1}");
    }

    private static float[] Vector(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (file.Entries.Count != 1)
        {
            throw new InvalidInputException($"{path}: expected one tensor, found {file.Entries.Count}");
        }

        var values = new float[file.Entries[0].Count];
        file.ReadFloats(file.Entries[0].Name, values);
        return values;
    }
}

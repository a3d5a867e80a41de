using System.Text.Json;

namespace Interp.Runtime.Tokenization;

/// <summary>Reads the post-processor of a tokenizer.json: what is put around texts.</summary>
internal static class FrameReader
{
    /// <summary>The frame that an object describes; null where it puts nothing around texts.</summary>
    /// <exception cref="InvalidInputException">Its type or a field of it is not known.</exception>
    public static Frame? Read(JsonFields fields)
    {
        if (Step(fields) is not { } step)
        {
            return null;
        }

        List<FramePart> single = [.. step([[FramePart.Of(0, 0)]]).SelectMany(part => part)];
        try
        {
            return new Frame(single, [.. step([[FramePart.Of(0, 0)], [FramePart.Of(1, 1)]]).SelectMany(part => part)]);
        }
        catch (InvalidInputException)
        {
            // Processors that fit one text only: asking for a pair is refused when somebody does.
            return new Frame(single, null);
        }
    }

    /// <summary>What a processor makes of the texts, or of what another one made of them; null where it changes no tokens.</summary>
    private static Func<List<List<FramePart>>, List<List<FramePart>>>? Step(JsonFields fields)
    {
        Func<List<List<FramePart>>, List<List<FramePart>>>? step = fields.RequiredText("type") switch
        {
            "Sequence" => Sequence(fields),
            "ByteLevel" => Offsets(fields),
            "BertProcessing" => Bert(Token(fields, "cls"), Token(fields, "sep")),
            "RobertaProcessing" => Roberta(fields),
            "TemplateProcessing" => Template(fields),
            var type => throw fields.Wrong(
                "type", "one of Sequence, ByteLevel, BertProcessing, RobertaProcessing, TemplateProcessing", type),
        };
        fields.Done();
        return step;
    }

    private static Func<List<List<FramePart>>, List<List<FramePart>>>? Sequence(JsonFields fields)
    {
        var steps = fields.Objects("processors").Select(Step).OfType<Func<List<List<FramePart>>, List<List<FramePart>>>>().ToList();
        return steps.Count == 0 ? null : parts => steps.Aggregate(parts, (current, step) => step(current));
    }

    // What it does concerns the places of tokens in the text only.
    private static Func<List<List<FramePart>>, List<List<FramePart>>>? Offsets(JsonFields fields)
    {
        fields.Pass("add_prefix_space", "trim_offsets", "use_regex");
        return null;
    }

    // The first part begins with the one token, every part ends with the other.
    private static Func<List<List<FramePart>>, List<List<FramePart>>> Bert(int start, int end) => parts =>
    [
        .. parts.Select((part, i) => (List<FramePart>)
        [
            .. i == 0 ? [FramePart.Token(start, 0)] : Array.Empty<FramePart>(), .. part, FramePart.Token(end, i == 0 ? 0 : 1),
        ]),
    ];

    // As BERT's, with the end token also in front of all parts but the first, and of one type throughout.
    private static Func<List<List<FramePart>>, List<List<FramePart>>> Roberta(JsonFields fields)
    {
        fields.Pass("add_prefix_space", "trim_offsets");
        (int start, int end) = (Token(fields, "cls"), Token(fields, "sep"));
        return parts =>
        [
            .. parts.Select((part, i) => (List<FramePart>)
            [
                FramePart.Token(i == 0 ? start : end, 0), .. part.Select(p => p with { Type = 0 }), FramePart.Token(end, 0),
            ]),
        ];
    }

    private static int Token(JsonFields fields, string name) =>
        fields.List(name) is [{ ValueKind: JsonValueKind.String }, { ValueKind: JsonValueKind.Number } id] && id.TryGetInt32(out int value) && value >= 0
            ? value
            : throw fields.Missing(name, "a token with its id, such as [\"[SEP]\", 102]");

    // Every part of the template stands for itself when another processor follows.
    private static Func<List<List<FramePart>>, List<List<FramePart>>> Template(JsonFields fields)
    {
        JsonFields special = fields.RequiredObject("special_tokens");
        List<FramePart> single = Parts(fields, "single", special), pair = Parts(fields, "pair", special);
        string place = fields.Place;
        return parts => parts.Count is 1 or 2
            ? [.. (parts.Count == 1 ? single : pair).Select(p => p.Text is { } text ? [.. parts[text].Select(q => q with { Type = p.Type })] : (List<FramePart>)[p])]
            : throw new InvalidInputException($"{place}: expected one text or two, found {parts.Count} parts of another processor");
    }

    private static List<FramePart> Parts(JsonFields fields, string name, JsonFields special)
    {
        List<FramePart> parts = [];
        foreach (JsonFields part in fields.Objects(name))
        {
            if (part.Object("SpecialToken") is { } token)
            {
                JsonFields entry = special.RequiredObject(token.RequiredText("id"));
                int[] ids = [.. entry.List("ids").Select(id => id.TryGetInt32(out int value) && value >= 0 ? value : throw entry.Wrong("ids", "ids of tokens", id))];
                entry.Pass("id", "tokens");
                entry.Done();
                parts.Add(new FramePart(null, ids, token.Integer("type_id") ?? 0));
                token.Done();
            }
            else
            {
                JsonFields sequence = part.RequiredObject("Sequence");
                int text = sequence.RequiredText("id") switch
                {
                    "A" => 0,
                    "B" when name == "pair" => 1,
                    var found => throw sequence.Wrong("id", "A or B", found),
                };
                parts.Add(FramePart.Of(text, sequence.Integer("type_id") ?? 0));
                sequence.Done();
            }

            part.Done();
        }

        return parts;
    }
}

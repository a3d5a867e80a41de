using System.Text.Json;

namespace Interp.Runtime.Tokenization;

/// <summary>Reads the post-processor of a tokenizer.json: what is put around texts.</summary>
internal static class FrameReader
{
    /// <summary>The frame that an object describes; null where it puts nothing around texts.</summary>
    /// <exception cref="InvalidInputException">Its type or a field of it is not known.</exception>
    public static Frame? Read(JsonFields fields)
    {
        Frame? frame = fields.RequiredText("type") switch
        {
            "Sequence" => Single(fields),
            "ByteLevel" => Offsets(fields),
            "BertProcessing" => Frame.Bert(Token(fields, "cls"), Token(fields, "sep")),
            "RobertaProcessing" => Roberta(fields),
            "TemplateProcessing" => Template(fields),
            var type => throw fields.Wrong(
                "type", "one of Sequence, ByteLevel, BertProcessing, RobertaProcessing, TemplateProcessing", type),
        };
        fields.Done();
        return frame;
    }

    private static Frame? Single(JsonFields fields)
    {
        Frame[] frames = [.. fields.Objects("processors").Select(Read).OfType<Frame>()];
        return frames.Length <= 1 ? frames.FirstOrDefault() : throw new InvalidInputException(
            $"{fields.Place}: expected one processor that puts tokens around a text, found {frames.Length}");
    }

    // What it does concerns the places of tokens in the text only.
    private static Frame? Offsets(JsonFields fields)
    {
        fields.Pass("add_prefix_space", "trim_offsets", "use_regex");
        return null;
    }

    private static Frame Roberta(JsonFields fields)
    {
        fields.Pass("add_prefix_space", "trim_offsets");
        return Frame.Roberta(Token(fields, "cls"), Token(fields, "sep"));
    }

    private static int Token(JsonFields fields, string name) =>
        fields.List(name) is [{ ValueKind: JsonValueKind.String }, { ValueKind: JsonValueKind.Number } id] && id.TryGetInt32(out int value) && value >= 0
            ? value
            : throw fields.Missing(name, "a token with its id, such as [\"[SEP]\", 102]");

    private static Frame Template(JsonFields fields)
    {
        JsonFields special = fields.RequiredObject("special_tokens");
        return new Frame(Parts(fields, "single", special), Parts(fields, "pair", special));
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
                    "B" => 1,
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

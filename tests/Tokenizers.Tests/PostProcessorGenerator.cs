using System.Text.Json.Nodes;

namespace Interp.Tokenizers.Tests;

/// <summary>Random post-processors: what frames a text.</summary>
internal static class PostProcessorGenerator
{
    /// <summary>A post-processor, or null.</summary>
    /// <param name="draw">The choices.</param>
    /// <param name="tokens">Tokens with their ids, to frame with.</param>
    public static JsonObject? Next(Draw draw, IReadOnlyList<(string Token, int Id)> tokens) => draw.Chance(0.3) ? null : Any(draw, tokens, 0, true);

    // The reference ends the process at a second template: the first one leaves more pieces than a template takes.
    private static JsonObject Any(Draw draw, IReadOnlyList<(string Token, int Id)> tokens, int depth, bool template) => draw.Weighted<Func<JsonObject>>(
        (template ? 6 : 0, () => Template(draw, tokens)),
        (2, () => new JsonObject { ["type"] = "BertProcessing", ["sep"] = Pair(draw.One(tokens)), ["cls"] = Pair(draw.One(tokens)) }),
        (2, () => new JsonObject
        {
            ["type"] = "RobertaProcessing",
            ["sep"] = Pair(draw.One(tokens)),
            ["cls"] = Pair(draw.One(tokens)),
            ["trim_offsets"] = draw.Chance(0.5),
            ["add_prefix_space"] = draw.Chance(0.5),
        }),
        (2, () => new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = draw.Chance(0.5), ["trim_offsets"] = draw.Chance(0.5), ["use_regex"] = draw.Chance(0.5) }),
        (depth < 1 ? 3 : 0, () =>
        {
            int count = draw.Between(0, 3), at = draw.Below(4);
            return new JsonObject { ["type"] = "Sequence", ["processors"] = new JsonArray([.. Enumerable.Range(0, count).Select(i => Any(draw, tokens, depth + 1, i == at))]) };
        }
    ))();

    private static JsonArray Pair((string Token, int Id) token) => new(token.Token, token.Id);

    private static JsonObject Template(Draw draw, IReadOnlyList<(string Token, int Id)> tokens)
    {
        JsonObject special = [];
        List<string> names = [];
        for (int i = draw.Between(0, 3); i > 0; i--)
        {
            (string token, int id) = draw.One(tokens);
            bool several = draw.Chance(0.1);
            (string second, int secondId) = draw.One(tokens);
            special[token] = new JsonObject
            {
                ["id"] = token,
                ["ids"] = several ? new JsonArray(id, secondId) : new JsonArray(id),
                ["tokens"] = several ? new JsonArray(token, second) : new JsonArray(token),
            };
            names.Add(token);
        }

        // The second sequence and the types of tokens do not show in the ids of one text.
        List<JsonNode> single = [.. Pieces(0), Sequence("A", draw.Below(2)), .. Pieces(0)];
        List<JsonNode> pair = [.. Pieces(0), Sequence("A", 0), .. Pieces(0), Sequence("B", 1), .. Pieces(1)];
        if (draw.Chance(0.03))
        {
            single.Add(Sequence("A", 0));
        }

        return new JsonObject { ["type"] = "TemplateProcessing", ["single"] = new JsonArray([.. single]), ["pair"] = new JsonArray([.. pair]), ["special_tokens"] = special };

        IEnumerable<JsonNode> Pieces(int type) => names.Where(_ => draw.Chance(0.5)).Select(n => new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = n, ["type_id"] = type } });
    }

    private static JsonObject Sequence(string id, int type) => new() { ["Sequence"] = new JsonObject { ["id"] = id, ["type_id"] = type } };
}

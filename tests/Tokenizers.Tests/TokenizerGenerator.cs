using System.Text.Json.Nodes;

namespace Interp.Tokenizers.Tests;

/// <summary>A random tokenizer.json, with what texts for it are made of.</summary>
/// <param name="Json">The file.</param>
/// <param name="Lexicon">Words that occur in the vocabulary.</param>
/// <param name="Added">Contents of the added tokens.</param>
/// <param name="Ids">Ids that the reference knows, of the model and of added tokens.</param>
internal sealed record RandomTokenizer(JsonObject Json, Lexicon Lexicon, IReadOnlyList<string> Added, IReadOnlyList<int> Ids);

/// <summary>Random valid tokenizer.json files over everything that version 0.22 of the reference has.</summary>
internal static class TokenizerGenerator
{
    /// <summary>A file; most are made of parts that suit one another, some of any parts.</summary>
    public static RandomTokenizer Next(Draw draw)
    {
        Lexicon lexicon = Lexicon.Next(draw);
        Surface surface = draw.Weighted((5, Surface.Plain), (4, Surface.Bytes), (4, Surface.Metaspace));
        JsonObject model = ModelGenerator.Next(draw, Surfaces.Words(draw, lexicon, surface), surface);
        Dictionary<string, int> vocabulary = Vocabulary(model);
        JsonArray added = AddedTokenGenerator.Next(draw, vocabulary, lexicon);
        (string Token, int Id)[] tokens =
        [
            .. vocabulary.Take(20).Select(v => (v.Key, v.Value)),
            .. added.Select(t => (t!["content"]!.GetValue<string>(), t["id"]!.GetValue<int>())),
        ];
        bool suits = draw.Chance(0.7), whole = draw.Chance(0.25);
        JsonObject json = new()
        {
            ["version"] = "1.0",
            ["truncation"] = draw.Chance(0.02) ? Truncation(draw) : null,
            ["padding"] = draw.Chance(0.02) ? Padding(draw, draw.One(tokens)) : null,
            ["added_tokens"] = added,
            ["normalizer"] = suits ? NormalizerGenerator.For(draw, surface, whole) : NormalizerGenerator.Next(draw),
            ["pre_tokenizer"] = !suits ? PreTokenizerGenerator.Next(draw)
                : whole && surface != Surface.Plain ? (draw.Chance(0.7) ? null : PreTokenizerGenerator.Next(draw))
                : PreTokenizerGenerator.For(draw, surface),
            ["post_processor"] = PostProcessorGenerator.Next(draw, tokens),
            ["decoder"] = draw.Chance(0.6) ? DecoderGenerator.For(draw, surface) : DecoderGenerator.Next(draw),
            ["model"] = model,
        };
        if (draw.Chance(0.03) && json[draw.One("normalizer", "pre_tokenizer", "post_processor", "decoder")] is JsonObject part)
        {
            // Old files have parts without a type; the reference infers it where it can.
            part.Remove("type");
        }

        return new RandomTokenizer(json, lexicon, [.. added.Select(t => t!["content"]!.GetValue<string>())], [.. tokens.Select(t => t.Id), .. vocabulary.Values]);
    }

    private static Dictionary<string, int> Vocabulary(JsonObject model)
    {
        Dictionary<string, int> vocabulary = [];
        if (model["vocab"] is JsonArray list)
        {
            for (int id = 0; id < list.Count; id++)
            {
                vocabulary[list[id]![0]!.GetValue<string>()] = id;
            }
        }
        else
        {
            foreach ((string token, JsonNode? id) in model["vocab"]!.AsObject())
            {
                vocabulary[token] = id!.GetValue<int>();
            }
        }

        return vocabulary;
    }

    // The reference ends the process where the stride is not below what the post-processor leaves of the length.
    // transformers cuts and fills no text by itself whatever the file says, nor does Interp: so these do nothing to the texts at hand.
    private static JsonObject Truncation(Draw draw) => new()
    {
        ["direction"] = draw.One("Left", "Right"),
        ["max_length"] = 100_000,
        ["strategy"] = draw.One("LongestFirst", "OnlyFirst"),
        ["stride"] = draw.Below(3),
    };

    private static JsonObject Padding(Draw draw, (string Token, int Id) token) => new()
    {
        ["strategy"] = "BatchLongest",
        ["direction"] = draw.One("Left", "Right"),
        ["pad_to_multiple_of"] = null,
        ["pad_id"] = token.Id,
        ["pad_type_id"] = 0,
        ["pad_token"] = token.Token,
    };
}

using System.Text.Json;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tokenization;

/// <summary>Reads the model of a tokenizer.json.</summary>
internal static class ModelReader
{
    /// <summary>The model that an object describes.</summary>
    /// <param name="fields">The object.</param>
    /// <param name="kind">Names a byte-pair model for people.</param>
    /// <exception cref="InvalidInputException">Its type or a field of it is not known.</exception>
    public static ITokenModel Read(JsonFields fields, Func<bool, string> kind)
    {
        ITokenModel model = (fields.Text("type") ?? Guess(fields)) switch
        {
            "BPE" => BytePair(fields, kind),
            "WordPiece" => WordPiece(fields),
            "WordLevel" => new WordLevelModel(Words(fields), fields.Text("unk_token") ?? "<unk>"),
            "Unigram" => Unigram(fields),
            var type => throw fields.Wrong("type", "BPE, WordPiece, WordLevel or Unigram", type),
        };
        fields.Done();
        return model;
    }

    // Older files have no type; each kind has a field that the others lack.
    private static string Guess(JsonFields fields) => fields.Has("merges") ? "BPE"
        : fields.Value("vocab") is { ValueKind: JsonValueKind.Array } ? "Unigram"
        : fields.Has("continuing_subword_prefix") || fields.Has("max_input_chars_per_word") ? "WordPiece"
        : "WordLevel";

    private static BytePairModel BytePair(JsonFields fields, Func<bool, string> kind)
    {
        if (fields.Number("dropout") is > 0 and var dropout)
        {
            throw fields.Wrong("dropout", "null or 0, since tokens would be random", $"{dropout}");
        }

        var options = new BytePairOptions
        {
            Unknown = fields.Text("unk_token"),
            FuseUnknown = fields.Flag("fuse_unk") ?? false,
            ByteFallback = fields.Flag("byte_fallback") ?? false,
            WholeWords = fields.Flag("ignore_merges") ?? false,
            ContinuingPrefix = fields.Text("continuing_subword_prefix") ?? "",
            EndSuffix = fields.Text("end_of_word_suffix") ?? "",
        };
        Vocabulary vocabulary = Words(fields);
        IReadOnlyList<JsonElement> merges = fields.List("merges");
        var ranks = BytePairModel.Ranks(merges.Where(IsMerge).Select(merge => Merge(fields, merge)), vocabulary, options.ContinuingPrefix, fields.Place);
        return new BytePairModel(kind(options.ByteFallback), vocabulary, ranks, options);
    }

    // Files that were made of a merges.txt may have its first line.
    private static bool IsMerge(JsonElement merge) =>
        merge.ValueKind != JsonValueKind.String || !merge.GetString()!.StartsWith("#version", StringComparison.Ordinal);

    /// <summary>A merge as "left right"; newer files write pairs.</summary>
    private static (string Left, string Right) Merge(JsonFields fields, JsonElement merge)
    {
        if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2
            && merge[0].ValueKind == JsonValueKind.String && merge[1].ValueKind == JsonValueKind.String)
        {
            return (merge[0].GetString()!, merge[1].GetString()!);
        }

        string text = merge.ValueKind == JsonValueKind.String ? merge.GetString()! : "";
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        return space >= 0 && text.IndexOf(' ', space + 1) < 0
            ? (text[..space], text[(space + 1)..])
            : throw fields.Wrong("merges", "two tokens with a space between, or a list of two", merge);
    }

    private static WordPieceModel WordPiece(JsonFields fields) => new(
        Words(fields),
        fields.Text("unk_token") ?? "[UNK]",
        fields.Text("continuing_subword_prefix") ?? "##",
        fields.Integer("max_input_chars_per_word") ?? 100);

    private static UnigramModel Unigram(JsonFields fields)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        List<double> scores = [];
        foreach (JsonElement pair in fields.List("vocab"))
        {
            if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2
                || pair[0].ValueKind != JsonValueKind.String || pair[1].ValueKind != JsonValueKind.Number)
            {
                throw fields.Wrong("vocab", "pieces with their scores, such as [\"a\", -2.5]", pair);
            }

            ids[pair[0].GetString()!] = scores.Count;
            scores.Add(pair[1].GetDouble());
        }

        int? unknown = fields.Integer("unk_id");
        if (scores.Count == 0 || unknown < 0 || unknown >= scores.Count)
        {
            throw fields.Wrong(scores.Count == 0 ? "vocab" : "unk_id", scores.Count == 0 ? "pieces" : $"0 to {scores.Count - 1}", $"{unknown}");
        }

        return new UnigramModel(new Vocabulary(ids, fields.Place), [.. scores], unknown, fields.Flag("byte_fallback") ?? false);
    }

    private static Vocabulary Words(JsonFields fields)
    {
        if (fields.Value("vocab") is not { ValueKind: JsonValueKind.Object } vocabulary)
        {
            throw fields.Missing("vocab", "tokens with their ids");
        }

        var ids = new Dictionary<string, int>(vocabulary.GetPropertyCount(), StringComparer.Ordinal);
        foreach (JsonProperty token in vocabulary.EnumerateObject())
        {
            ids[token.Name] = token.Value.ValueKind == JsonValueKind.Number && token.Value.TryGetInt32(out int id)
                ? id
                : throw fields.Wrong($"vocab: {OneLine.Quote(token.Name)}", "an id", token.Value);
        }

        return new Vocabulary(ids, fields.Place);
    }
}

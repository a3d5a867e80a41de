using System.Text.Json.Nodes;

namespace Interp.Tokenizers.Tests;

/// <summary>Random models whose pieces occur in the texts.</summary>
internal static class ModelGenerator
{
    /// <summary>A model.</summary>
    /// <param name="draw">The choices.</param>
    /// <param name="words">Words in the form in which they reach the model.</param>
    /// <param name="surface">That form.</param>
    public static JsonObject Next(Draw draw, List<(string Word, int Count)> words, Surface surface)
    {
        JsonObject model = (surface == Surface.Bytes ? draw.Weighted((8, 0), (1, 1), (1, 2), (1, 3)) : draw.Weighted((4, 0), (2, 1), (2, 2), (4, 3))) switch
        {
            0 => Bpe(draw, words, surface),
            1 => WordPiece(draw, words),
            2 => WordLevel(draw, words),
            _ => Unigram(draw, words),
        };
        if (draw.Chance(0.08))
        {
            model.Remove("type");
        }

        return model;
    }

    private static JsonObject Bpe(Draw draw, List<(string Word, int Count)> words, Surface surface)
    {
        // The reference cuts a prefix by its number of characters where bytes are meant, and ends the process at a prefix that is not ASCII.
        string? prefix = draw.Chance(0.12) ? draw.One("##", "@", "") : draw.Chance(0.1) ? "" : null;
        string? suffix = draw.Chance(0.15) ? draw.One("</w>", "_", "") : draw.Chance(0.1) ? "" : null;
        var training = words.Select(w => (Symbols(w.Word, prefix ?? "", suffix ?? ""), w.Count)).ToList();
        HashSet<string> alphabet = [.. training.SelectMany(t => t.Item1)];
        List<(string Left, string Right)> merges = BpeTrainer.Train(training, draw.One(0, 5, 40, 150), draw, prefix ?? "");
        if (surface == Surface.Bytes && draw.Chance(0.8))
        {
            alphabet.UnionWith(Surfaces.Bytes);
        }

        // Letters that nothing was merged from may be missing: then they are unknown.
        HashSet<string> needed = [.. merges.SelectMany(m => new[] { m.Left, m.Right })];
        double missing = draw.One(0, 0, 0.1, 0.4);
        List<string> tokens = [.. alphabet.Order(StringComparer.Ordinal).Where(a => needed.Contains(a) || !draw.Chance(missing))];
        tokens.AddRange(merges.Select(m => BpeTrainer.Join(m.Left, m.Right, prefix ?? "")).Where(t => t.Length > 0));
        merges.AddRange(OtherWays(draw, [.. tokens], prefix ?? ""));
        if (draw.Chance(0.1))
        {
            merges = [.. draw.Shuffled(merges)];
        }

        bool byteFallback = draw.Chance(surface == Surface.Bytes ? 0.05 : 0.35);
        if (byteFallback || draw.Chance(0.05))
        {
            tokens.AddRange(ByteTokens(draw));
        }

        string? unknown = draw.Chance(0.6) ? draw.One("<unk>", "[UNK]", "<|endoftext|>") : null;
        JsonObject model = new() { ["type"] = "BPE" };
        Maybe(draw, model, "dropout", draw.Chance(0.03) ? JsonValue.Create(0.0) : null);
        Maybe(draw, model, "unk_token", unknown);
        Maybe(draw, model, "continuing_subword_prefix", prefix);
        Maybe(draw, model, "end_of_word_suffix", suffix);
        Maybe(draw, model, "fuse_unk", draw.Chance(0.5), absent: false);
        Maybe(draw, model, "byte_fallback", byteFallback, absent: false);
        Maybe(draw, model, "ignore_merges", draw.Chance(0.3), absent: false);
        model["vocab"] = Numbered(draw, unknown is null || draw.Chance(0.03) ? tokens : [unknown, .. tokens]);
        bool pairs = draw.Chance(0.5) || merges.Any(m => m.Left.Contains(' ', StringComparison.Ordinal) || m.Right.Contains(' ', StringComparison.Ordinal));
        model["merges"] = new JsonArray([.. merges.Select(m => pairs ? (JsonNode)new JsonArray(m.Left, m.Right) : $"{m.Left} {m.Right}")]);
        if (!pairs && draw.Chance(0.1))
        {
            model["merges"]!.AsArray().Insert(0, "#version: 0.2");
        }

        return model;
    }

    private static List<string> Symbols(string word, string prefix, string suffix)
    {
        List<string> symbols = [.. Surfaces.Characters(word).Select((c, i) => i == 0 ? c : prefix + c)];
        symbols[^1] += suffix;
        return symbols;
    }

    /// <summary>Merges that make a known token out of other parts.</summary>
    private static IEnumerable<(string Left, string Right)> OtherWays(Draw draw, HashSet<string> tokens, string prefix)
    {
        foreach (string token in tokens.Where(t => t.Length > prefix.Length + 1 && draw.Chance(0.15)).ToList())
        {
            int at = draw.Between(1, token.Length - 1);
            (string left, string right) = (token[..at], prefix + token[at..]);
            if (tokens.Contains(left) && tokens.Contains(right))
            {
                yield return (left, right);
            }
        }
    }

    private static JsonObject WordPiece(Draw draw, List<(string Word, int Count)> words)
    {
        string prefix = draw.Weighted((8, "##"), (1, ""), (1, "▁"), (1, "@@"));
        HashSet<string> tokens = [];
        foreach ((string word, _) in words)
        {
            string[] characters = [.. Surfaces.Characters(word)];
            for (int i = 0; i < characters.Length; i++)
            {
                if (draw.Chance(0.85))
                {
                    tokens.Add(i == 0 ? characters[0] : prefix + characters[i]);
                }

                int length = draw.Between(1, characters.Length - i);
                if (draw.Chance(0.3))
                {
                    tokens.Add((i == 0 ? "" : prefix) + string.Concat(characters.Skip(i).Take(length)));
                }
            }
        }

        string unknown = draw.One("[UNK]", "[UNK]", "<unk>", "unk");
        return new JsonObject
        {
            ["type"] = "WordPiece",
            ["unk_token"] = unknown,
            ["continuing_subword_prefix"] = prefix,
            ["max_input_chars_per_word"] = draw.Weighted((8, 100), (1, 5), (1, 12)),
            ["vocab"] = Numbered(draw, draw.Chance(0.03) ? tokens : tokens.Prepend(unknown)),
        };
    }

    private static JsonObject WordLevel(Draw draw, List<(string Word, int Count)> words)
    {
        string unknown = draw.One("[UNK]", "<unk>");
        IEnumerable<string> tokens = words.Select(w => w.Word).Where(_ => draw.Chance(0.85)).Concat(words.SelectMany(w => Surfaces.Characters(w.Word)).Where(_ => draw.Chance(0.3)));
        return new JsonObject
        {
            ["type"] = "WordLevel",
            ["vocab"] = Numbered(draw, draw.Chance(0.05) ? tokens : tokens.Prepend(unknown)),
            ["unk_token"] = unknown,
        };
    }

    private static JsonObject Unigram(Draw draw, List<(string Word, int Count)> words)
    {
        Dictionary<string, int> counts = [];
        foreach ((string word, int count) in words)
        {
            string[] characters = [.. Surfaces.Characters(word)];
            for (int i = 0; i < characters.Length; i++)
            {
                string piece = "";
                foreach (string character in characters.Skip(i).Take(6))
                {
                    piece += character;
                    counts[piece] = counts.GetValueOrDefault(piece) + count;
                }
            }
        }

        double missing = draw.One(0, 0.05, 0.2);
        var pieces = counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal)
            .Where(c => draw.Chance(c.Key.Length == 1 ? 1 - missing : 0.35)).Take(draw.One(30, 200, 600)).ToList();
        bool equal = draw.Chance(0.15);
        List<JsonArray> vocabulary =
        [
            .. pieces.Select(p => new JsonArray(
                p.Key, equal ? -1.0 : Math.Round(Math.Log(p.Value / 1000.0) - (draw.Chance(0.3) ? draw.Below(4) : 0), 6))),
        ];
        bool byteFallback = draw.Chance(0.35);
        if (byteFallback)
        {
            vocabulary.AddRange(ByteTokens(draw).Select(t => new JsonArray(t, 0.0)));
        }

        JsonObject model = new() { ["type"] = "Unigram" };
        bool unknown = draw.Chance(0.93);
        if (unknown)
        {
            int at = draw.Chance(0.7) ? 0 : draw.Below(vocabulary.Count + 1);
            vocabulary.Insert(at, new JsonArray(draw.One("<unk>", "<unk>", "[UNK]"), draw.One(0.0, 0.0, -20.0)));
            model["unk_id"] = at;
        }
        else
        {
            Maybe(draw, model, "unk_id", null);
        }

        model["vocab"] = new JsonArray([.. vocabulary]);
        Maybe(draw, model, "byte_fallback", byteFallback, absent: false);
        return model;
    }

    private static IEnumerable<string> ByteTokens(Draw draw)
    {
        int lost = draw.Chance(0.2) ? draw.One(0x80, 0xE2, 0x41, 0xF0) : -1;
        return Enumerable.Range(0, 256).Where(b => b != lost).Select(b => $"<0x{b:X2}>");
    }

    /// <summary>A vocabulary: ids in order, in another order, or with holes.</summary>
    private static JsonObject Numbered(Draw draw, IEnumerable<string> tokens)
    {
        string[] ordered = [.. tokens.Distinct()];
        if (draw.Chance(0.15))
        {
            ordered = draw.Shuffled(ordered);
        }

        double hole = draw.Chance(0.05) ? 0.05 : 0;
        JsonObject vocabulary = [];
        int id = 0;
        foreach (string token in ordered)
        {
            id += draw.Chance(hole) ? 2 : 0;
            vocabulary[token] = id++;
        }

        return vocabulary;
    }

    /// <summary>Sets a key, or leaves it out where its value is what the reference takes then.</summary>
    private static void Maybe(Draw draw, JsonObject model, string key, JsonNode? value, object? absent = null)
    {
        bool mayBeAbsent = value is null ? absent is null : absent is bool b && value.GetValueKind() == (b ? System.Text.Json.JsonValueKind.True : System.Text.Json.JsonValueKind.False);
        if (!mayBeAbsent || draw.Chance(0.5))
        {
            model[key] = value;
        }
    }
}

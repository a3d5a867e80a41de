using System.Text.Json.Nodes;

namespace Interp.Tokenizers.Tests;

/// <summary>The random files are what a comparison needs: valid, of all kinds, with pieces that occur, the same for the same seed.</summary>
public sealed class GeneratorTests(ITestOutputHelper output)
{
    private static readonly string[] Types =
    [
        "BPE", "WordPiece", "WordLevel", "Unigram",
        "BertNormalizer", "Strip", "StripAccents", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Nmt", "Prepend", "Replace", "Precompiled", "ByteLevel", "Sequence",
        "BertPreTokenizer", "CharDelimiterSplit", "Metaspace", "Whitespace", "WhitespaceSplit", "Punctuation", "Split", "Digits", "UnicodeScripts", "FixedLength",
        "TemplateProcessing", "BertProcessing", "RobertaProcessing",
        "BPEDecoder", "CTC", "ByteFallback", "Fuse",
    ];

    [Fact]
    public void The_same_seed_gives_the_same_file_and_texts()
    {
        Assert.Equal(Make(), Make());

        static string Make()
        {
            Draw draw = new(5);
            RandomTokenizer tokenizer = TokenizerGenerator.Next(draw);
            return Comparison.Line(tokenizer.Json) + TextGenerator.Next(draw, tokenizer.Lexicon, tokenizer.Added);
        }
    }

    [Fact]
    public void Every_kind_of_part_occurs()
    {
        HashSet<string> found = [];
        for (int seed = 1; seed <= 250; seed++)
        {
            Collect(TokenizerGenerator.Next(new Draw(seed)).Json);
        }

        Assert.Empty(Types.Except(found));

        void Collect(JsonNode? node)
        {
            if (node is JsonObject members)
            {
                if (members["type"] is JsonValue type)
                {
                    found.Add(type.GetValue<string>());
                }

                foreach ((_, JsonNode? member) in members)
                {
                    Collect(member);
                }
            }
            else if (node is JsonArray list)
            {
                foreach (JsonNode? item in list)
                {
                    Collect(item);
                }
            }
        }
    }

    [Fact]
    public void The_reference_reads_nearly_all_and_finds_pieces()
    {
        ReferenceTokenizer.Require();
        DirectoryInfo directory = Directory.CreateTempSubdirectory("interp-tokenizers-");
        int first = DifferentialTests.Setting("INTERP_TOKENIZER_SEED", 1), files = DifferentialTests.Setting("INTERP_TOKENIZER_PAIRS", 2000) / 8, refused = 0, texts = 0, refusedTexts = 0, rich = 0;
        SortedDictionary<string, int> reasons = [];
        try
        {
            for (int seed = first; seed < first + files; seed++)
            {
                Draw draw = new(seed);
                RandomTokenizer tokenizer = TokenizerGenerator.Next(draw);
                File.WriteAllText(Path.Combine(directory.FullName, "tokenizer.json"), Comparison.Line(tokenizer.Json));
                using ReferenceTokenizer reference = new(directory.FullName);
                if (reference.Refusal is { } reason)
                {
                    refused++;
                    Count(reason);
                    continue;
                }

                for (int i = 0; i < 8; i++)
                {
                    string text = TextGenerator.Next(draw, tokenizer.Lexicon, tokenizer.Added);
                    File.WriteAllText(Path.Combine(directory.FullName, "question.txt"), text);
                    Outcome outcome = reference.Encode(text);
                    texts++;
                    if (outcome.Ids is { } ids)
                    {
                        rich += ids.Distinct().Count() > 4 ? 1 : 0;
                        reference.Decode(ids);
                    }
                    else
                    {
                        refusedTexts++;
                        Count(outcome.Refusal!);
                    }
                }
            }
        }
        finally
        {
            directory.Delete(recursive: true);
        }

        string summary = $"{refused} of {files} files refused, {refusedTexts} of {texts} texts, {rich} with more than 4 different ids\n"
            + string.Join('\n', reasons.Select(r => $"  {r.Value} {r.Key}"));
        output.WriteLine(summary);
        Assert.True(refused <= files / 20 && refusedTexts <= texts / 20 && rich >= texts / 2, summary);

        void Count(string reason) => reasons[Refusals.Kind(reason)] = reasons.GetValueOrDefault(Refusals.Kind(reason)) + 1;
    }
}

using Google.Protobuf;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tokenization;

/// <summary>One piece of a SentencePiece vocabulary.</summary>
/// <param name="Text">The piece; U+2581 stands for a space.</param>
/// <param name="Score">Score; merges of higher score come first.</param>
/// <param name="Type">1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.</param>
internal readonly record struct SentencePiece(string Text, float Score, int Type)
{
    public const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6;
}

/// <summary>How SentencePiece treats a text before it looks for pieces.</summary>
internal sealed record SentencePieceRules
{
    /// <summary>A space is put in front.</summary>
    public bool Prefix { get; init; } = true;

    /// <summary>The space is put in front of each piece between special tokens, not of the text alone.</summary>
    public bool PrefixEachPiece { get; init; } = true;

    /// <summary>Spaces at both ends go, runs of spaces are one.</summary>
    public bool RemoveExtraSpaces { get; init; }

    /// <summary>Replacements of characters.</summary>
    public PrecompiledMap? Characters { get; init; }
}

/// <summary>The SentencePiece model file (sentencepiece_model.proto of the SentencePiece library).</summary>
internal static class SentencePieceFile
{
    /// <summary>Fields of the trainer's settings, and a value of the first.</summary>
    public const int ModelTypeField = 3, ByteFallbackField = 35, Bpe = 2;

    /// <summary>Fields of the normalizer's settings.</summary>
    public const int PrefixField = 3, RemoveExtraSpacesField = 4, EscapeSpacesField = 5;

    /// <summary>Starts texts where tokenizer_config.json names no token that does.</summary>
    public const string DefaultBos = "<s>";

    private const int Unigram = 1, SuffixField = 24, Space = ' ', Mark = 0x2581;
    private const string MarkText = "▁";

    /// <summary>Reads a model file.</summary>
    /// <exception cref="InvalidInputException">The file is damaged, or of a kind that is not read.</exception>
    public static TokenizerParts Read(byte[] file, string source, TokenizerConfig config)
    {
        var pieces = new List<SentencePiece>();
        Dictionary<int, long> trainer = [], rules = [];
        byte[] map = [];
        try
        {
            using var input = new CodedInputStream(file);
            for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
            {
                switch (WireFormat.GetTagFieldNumber(tag))
                {
                    case 1:
                        pieces.Add(ReadPiece(input.ReadBytes().ToByteArray()));
                        break;
                    case 2:
                        Settings(input.ReadBytes().ToByteArray(), trainer);
                        break;
                    case 3:
                        map = Settings(input.ReadBytes().ToByteArray(), rules, bytes: 2);
                        break;
                    default:
                        input.SkipLastField();
                        break;
                }
            }
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidInputException($"{source}: expected a SentencePiece model, found something else ({e.Message.Split('\n')[0]})", e);
        }

        long kind = trainer.GetValueOrDefault(ModelTypeField, Unigram);
        Require(kind is Unigram or Bpe, "model_type", "1 (unigram) or 2 (BPE)", kind);
        Require(trainer.GetValueOrDefault(SuffixField) == 0, "treat_whitespace_as_suffix", "false", "true");
        Require(rules.GetValueOrDefault(EscapeSpacesField, 1) == 1, "escape_whitespaces", "true", "false");
        string bos = config.Bos ?? DefaultBos;
        bool begins = pieces.Exists(piece => piece.Text == bos);
        return Parts(
            pieces,
            kind == Unigram,
            trainer.GetValueOrDefault(ByteFallbackField) == 1,
            new SentencePieceRules
            {
                Prefix = rules.GetValueOrDefault(PrefixField, 1) == 1 && config.PrefixSpace != false,
                PrefixEachPiece = config.Legacy ?? true,
                RemoveExtraSpaces = rules.GetValueOrDefault(RemoveExtraSpacesField, 1) == 1,
                Characters = map.Length == 0 ? null : new PrecompiledMap(map, $"{source}: precompiled_charsmap"),
            },
            source,
            "SentencePiece") with
        { Bos = begins ? bos : null, AddBos = begins ? true : null };

        void Require(bool holds, string name, string expected, object found)
        {
            if (!holds)
            {
                throw new InvalidInputException($"{source}: {name}: expected {expected}, found {found}");
            }
        }
    }

    /// <summary>The parts of a tokenizer with these pieces.</summary>
    /// <exception cref="InvalidInputException">A piece is empty, there twice, or a byte that is none.</exception>
    public static TokenizerParts Parts(
        IReadOnlyList<SentencePiece> pieces, bool unigram, bool byteFallback, SentencePieceRules rules, string source, string kind)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int id = 0; id < pieces.Count; id++)
        {
            string text = pieces[id].Text;
            if (text.Length == 0 || (pieces[id].Type == SentencePiece.Byte && ByteTokens.Value(text) is null))
            {
                throw new InvalidInputException(text.Length == 0
                    ? $"{source}: token {id}: expected a piece of text, found an empty one"
                    : $"{source}: token {id}: expected a byte such as <0x0A>, found {OneLine.Quote(text)}");
            }

            if (!ids.TryAdd(text, id))
            {
                throw new InvalidInputException($"{source}: token {id}: {OneLine.Quote(text)} is there twice");
            }
        }

        if (ids.Count == 0)
        {
            throw new InvalidInputException($"{source}: expected pieces, found none");
        }

        var vocabulary = new Vocabulary(ids, source);
        int unknown = Enumerable.Range(0, pieces.Count).FirstOrDefault(id => pieces[id].Type == SentencePiece.Unknown, -1);
        return new TokenizerParts
        {
            Kind = kind,
            Source = source,
            Normalizer = text => Normalize(text, rules),
            Model = unigram
                ? new UnigramModel(vocabulary, [.. pieces.Select(piece => (double)piece.Score)], unknown < 0 ? null : unknown, byteFallback)
                : new BytePairModel(kind, vocabulary, Merges(pieces, vocabulary), new BytePairOptions
                {
                    Unknown = unknown < 0 ? null : pieces[unknown].Text,
                    FuseUnknown = true,
                    ByteFallback = byteFallback,
                }),
            Added =
            [
                .. pieces.Where(piece => piece.Type is SentencePiece.Unknown or SentencePiece.Control or SentencePiece.UserDefined)
                    .Select(piece => new AddedToken(piece.Text) { Special = piece.Type != SentencePiece.UserDefined }),
            ],
            Decoder = Decoders.Sequence(
            [
                Decoders.Replace(Pattern.Literal(MarkText), " "), Decoders.ByteFallback, Decoders.Fuse, Decoders.Strip(Space, rules.Prefix ? 1 : 0, 0),
            ]),
            PieceText = piece => piece.Replace(MarkText, " ", StringComparison.Ordinal),
        };
    }

    private static TextPiece Normalize(TextPiece text, SentencePieceRules rules)
    {
        TextPiece mapped = rules.Characters?.MapLongest(text) ?? text;
        if (rules.RemoveExtraSpaces)
        {
            var builder = new TextPieceBuilder(mapped.Length);
            for (int i = 0; i < mapped.Length; i++)
            {
                if (mapped[i] != Space || (builder.Count > 0 && mapped[i - 1] != Space))
                {
                    builder.Add(mapped[i], mapped.Origin(i));
                }
            }

            mapped = builder.Build();
            mapped = mapped.Length > 0 && mapped[mapped.Length - 1] == Space ? mapped.Slice(0, mapped.Length - 1) : mapped;
        }

        bool prefix = rules.Prefix && mapped.Length > 0 && (rules.PrefixEachPiece || mapped.Origin(0) == 0);
        return (prefix ? mapped.Prepend([Space]) : mapped).Map((code, to) => to.Add(code == Space ? Mark : code));
    }

    /// <summary>
    /// SentencePiece merges any neighbors that are a piece together, in order of its score, of equal ones the leftmost: so every way
    /// to cut a piece in two is a merge, ranked by the score.
    /// </summary>
    private static Dictionary<(int Left, int Right), (int Rank, int Id)> Merges(IReadOnlyList<SentencePiece> pieces, Vocabulary vocabulary)
    {
        float[] scores = [.. pieces.Select(piece => piece.Score).Distinct().OrderDescending()];
        Dictionary<float, int> ranks = scores.Select((score, rank) => (score, rank)).ToDictionary(p => p.score, p => p.rank);
        var merges = new Dictionary<(int Left, int Right), (int Rank, int Id)>();
        for (int id = 0; id < pieces.Count; id++)
        {
            ReadOnlySpan<char> text = pieces[id].Text;
            for (int cut = 1; Merges(pieces[id]) && cut < text.Length; cut++)
            {
                if (vocabulary.Lookup.TryGetValue(text[..cut], out int left) && Merges(pieces[left])
                    && vocabulary.Lookup.TryGetValue(text[cut..], out int right) && Merges(pieces[right]))
                {
                    merges[(left, right)] = (ranks[pieces[id].Score], id);
                }
            }
        }

        return merges;

        static bool Merges(SentencePiece piece) => piece.Type is SentencePiece.Normal or SentencePiece.UserDefined or SentencePiece.Unused;
    }

    private static SentencePiece ReadPiece(byte[] message)
    {
        string text = "";
        float score = 0;
        int type = SentencePiece.Normal;
        using var input = new CodedInputStream(message);
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    text = input.ReadString();
                    break;
                case 2:
                    score = input.ReadFloat();
                    break;
                case 3:
                    type = input.ReadEnum();
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        return new SentencePiece(text, score, type);
    }

    /// <summary>Reads the whole numbers of a message by their fields, and one field of bytes.</summary>
    private static byte[] Settings(byte[] message, Dictionary<int, long> numbers, int bytes = -1)
    {
        byte[] found = [];
        using var input = new CodedInputStream(message);
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            int field = WireFormat.GetTagFieldNumber(tag);
            if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.Varint)
            {
                numbers[field] = input.ReadInt64();
            }
            else if (field == bytes)
            {
                found = input.ReadBytes().ToByteArray();
            }
            else
            {
                input.SkipLastField();
            }
        }

        return found;
    }
}

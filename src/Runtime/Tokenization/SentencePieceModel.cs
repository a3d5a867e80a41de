using System.Text;
using Google.Protobuf;

namespace Interp.Runtime.Tokenization;

/// <summary>One piece of a SentencePiece vocabulary.</summary>
/// <param name="Text">The piece; U+2581 stands for a space.</param>
/// <param name="Score">Score; merges of higher score come first.</param>
/// <param name="Type">1 normal, 2 unknown, 3 control, 4 user-defined, 6 byte.</param>
internal readonly record struct SentencePiece(string Text, float Score, int Type);

/// <summary>
/// The SentencePiece model file (sentencepiece_model.proto): its pieces are read for names, and one is written for a
/// tokenizer.json of the same kind, so that both are tokenised by the same library code.
/// </summary>
internal static class SentencePieceModel
{
    public const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Byte = 6;

    private const int Unigram = 1, Bpe = 2;

    /// <summary>Reads the pieces; their index is their id.</summary>
    public static IReadOnlyList<SentencePiece> ReadPieces(byte[] model)
    {
        var pieces = new List<SentencePiece>();
        using var input = new CodedInputStream(model);
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (WireFormat.GetTagFieldNumber(tag) == 1)
            {
                pieces.Add(ReadPiece(input.ReadBytes().ToByteArray()));
            }
            else
            {
                input.SkipLastField();
            }
        }

        return pieces;
    }

    /// <summary>Writes a model of these pieces.</summary>
    public static byte[] Write(IEnumerable<SentencePiece> pieces, bool unigram, bool byteFallback, bool dummyPrefix, int unknownId)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
        {
            foreach (SentencePiece piece in pieces)
            {
                WriteMessage(output, 1, inner =>
                {
                    inner.WriteTag(1, WireFormat.WireType.LengthDelimited);
                    inner.WriteString(piece.Text);
                    inner.WriteTag(2, WireFormat.WireType.Fixed32);
                    inner.WriteFloat(piece.Score);
                    WriteInt(inner, 3, piece.Type);
                });
            }

            // trainer_spec: model_type, byte_fallback, unk_id; normalizer_spec: name, add_dummy_prefix, ...
            WriteMessage(output, 2, inner =>
            {
                WriteInt(inner, 3, unigram ? Unigram : Bpe);
                WriteInt(inner, 35, byteFallback ? 1 : 0);
                WriteInt(inner, 40, unknownId);
            });
            WriteMessage(output, 3, inner =>
            {
                inner.WriteTag(1, WireFormat.WireType.LengthDelimited);
                inner.WriteString("identity");
                WriteInt(inner, 3, dummyPrefix ? 1 : 0);
                WriteInt(inner, 4, 0);
                WriteInt(inner, 5, 1);
            });
        }

        return buffer.ToArray();
    }

    /// <summary>
    /// The text of pieces. Bytes are joined before they are read as UTF-8, and user-defined pieces are text like any other,
    /// which the library leaves out.
    /// </summary>
    public static string Decode(IEnumerable<SentencePiece> pieces, bool dummyPrefix)
    {
        List<byte> bytes = [];
        foreach (SentencePiece piece in pieces)
        {
            if (piece.Type == Byte)
            {
                bytes.Add(Convert.ToByte(piece.Text[3..5], 16));
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(piece.Text.Replace('▁', ' ')));
            }
        }

        string text = Encoding.UTF8.GetString([.. bytes]);
        return dummyPrefix && text.StartsWith(' ') ? text[1..] : text;
    }

    /// <summary>Whether a text is how pieces name a byte: &lt;0x0A&gt;.</summary>
    public static bool IsByte(string text) => text.Length == 6 && text.StartsWith("<0x", StringComparison.Ordinal)
        && char.IsAsciiHexDigit(text[3]) && char.IsAsciiHexDigit(text[4]) && text[5] == '>';

    private static SentencePiece ReadPiece(byte[] message)
    {
        string text = "";
        float score = 0;
        int type = Normal;
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

    private static void WriteInt(CodedOutputStream output, int field, int value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt32(value);
    }

    private static void WriteMessage(CodedOutputStream output, int field, Action<CodedOutputStream> write)
    {
        using var buffer = new MemoryStream();
        using (var inner = new CodedOutputStream(buffer, leaveOpen: true))
        {
            write(inner);
        }

        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(buffer.ToArray()));
    }
}

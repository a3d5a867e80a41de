using Google.Protobuf;
using Interp.Runtime.Tokenization;

namespace Interp.Runtime.Tests.Tokenization;

/// <summary>Writes SentencePiece model files.</summary>
internal static class SentencePieceBuilder
{
    /// <summary>A model of these pieces.</summary>
    public static byte[] Build(
        IEnumerable<SentencePiece> pieces, bool unigram, bool byteFallback, bool prefix = true, bool removeExtraSpaces = true)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
        {
            foreach (SentencePiece piece in pieces)
            {
                Message(output, 1, inner =>
                {
                    inner.WriteTag(1, WireFormat.WireType.LengthDelimited);
                    inner.WriteString(piece.Text);
                    inner.WriteTag(2, WireFormat.WireType.Fixed32);
                    inner.WriteFloat(piece.Score);
                    Number(inner, 3, piece.Type);
                });
            }

            Message(output, 2, inner =>
            {
                Number(inner, 3, unigram ? 1 : 2);
                Number(inner, 35, byteFallback ? 1 : 0);
            });
            Message(output, 3, inner =>
            {
                Number(inner, 3, prefix ? 1 : 0);
                Number(inner, 4, removeExtraSpaces ? 1 : 0);
                Number(inner, 5, 1);
            });
        }

        return buffer.ToArray();
    }

    private static void Number(CodedOutputStream output, int field, int value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt32(value);
    }

    private static void Message(CodedOutputStream output, int field, Action<CodedOutputStream> write)
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

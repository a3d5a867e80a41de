namespace Interp.Runtime.Tokenization;

/// <summary>Reads the decoder of a tokenizer.json.</summary>
internal static class DecoderReader
{
    /// <summary>The decoder that an object describes.</summary>
    /// <exception cref="InvalidInputException">Its type or a field of it is not known.</exception>
    public static Decoder Read(JsonFields fields)
    {
        Decoder decoder = fields.RequiredText("type") switch
        {
            "Sequence" => Decoders.Sequence([.. fields.Objects("decoders").Select(Read)]),
            "ByteLevel" => ByteLevel(fields),
            "ByteFallback" => Decoders.ByteFallback,
            "Fuse" => Decoders.Fuse,
            "Metaspace" => Metaspace(fields),
            "WordPiece" => Decoders.WordPiece(fields.Text("prefix") ?? "##", fields.Flag("cleanup") ?? true),
            "BPEDecoder" => Decoders.WordSuffix(fields.Text("suffix") ?? "</w>"),
            "CTC" => Decoders.Ctc(fields.Text("pad_token") ?? "<pad>", fields.Text("word_delimiter_token") ?? "|", fields.Flag("cleanup") ?? true),
            "Strip" => Decoders.Strip(PreTokenizerReader.Character(fields, "content"), fields.Integer("start") ?? 0, fields.Integer("stop") ?? 0),
            "Replace" => Decoders.Replace(NormalizerReader.ReadPattern(fields), fields.RequiredText("content")),
            var type => throw fields.Wrong(
                "type", "one of Sequence, ByteLevel, ByteFallback, Fuse, Metaspace, WordPiece, BPEDecoder, CTC, Strip, Replace", type),
        };
        fields.Done();
        return decoder;
    }

    private static Decoder ByteLevel(JsonFields fields)
    {
        fields.Pass("add_prefix_space", "trim_offsets", "use_regex");
        return Decoders.Bytes;
    }

    private static Decoder Metaspace(JsonFields fields)
    {
        fields.Pass("str_rep", "split");
        return Decoders.Metaspace(
            CodePoints.Text([PreTokenizerReader.Character(fields, "replacement")]), PreTokenizerReader.Scheme(fields) != PrefixScheme.Never);
    }
}

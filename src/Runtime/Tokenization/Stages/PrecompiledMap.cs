using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tokenization;

/// <summary>
/// SentencePiece's compiled character map (<c>precompiled_charsmap</c>): a double-array trie (darts-clone) from byte strings to places
/// in a list of replacements that end with a zero byte.
/// </summary>
internal sealed class PrecompiledMap
{
    // The library looks a whole user-perceived character up only if it is this short.
    private const int LongestGrapheme = 6;

    private readonly uint[] _trie;
    private readonly byte[] _replacements;

    /// <param name="map">The map as it stands in the model file.</param>
    /// <param name="place">Where it stands, for messages.</param>
    /// <exception cref="InvalidInputException">The map is damaged.</exception>
    public PrecompiledMap(byte[] map, string place)
    {
        long size = map.Length < 4 ? -1 : BinaryPrimitives.ReadUInt32LittleEndian(map);
        if (size < 4 || size % 4 != 0 || size > map.Length - 4)
        {
            throw new InvalidInputException($"{place}: expected a character map with a trie of its size, found {map.Length} bytes that are none");
        }

        _trie = new uint[size / 4];
        for (int i = 0; i < _trie.Length; i++)
        {
            _trie[i] = BinaryPrimitives.ReadUInt32LittleEndian(map.AsSpan(4 + (4 * i)));
        }

        _replacements = map[(4 + (int)size)..];
    }

    /// <summary>
    /// The text as the library of Hugging Face maps it: a short user-perceived character as a whole, by the shortest entry that it
    /// begins with; otherwise each code point likewise.
    /// </summary>
    public TextPiece MapGraphemes(TextPiece text)
    {
        string source = text.ToString();
        var mapped = new List<(int Code, int Change)>(text.Length);
        for (int start = 0; start < source.Length;)
        {
            string grapheme = source.Substring(start, StringInfo.GetNextTextElementLength(source, start));
            start += grapheme.Length;
            byte[] bytes = Encoding.UTF8.GetBytes(grapheme);
            if (bytes.Length < LongestGrapheme && Prefix(bytes, longest: false) is { } whole)
            {
                Replace(mapped, grapheme.EnumerateRunes().Count(), whole.Text);
                continue;
            }

            foreach (Rune rune in grapheme.EnumerateRunes())
            {
                if (Prefix(Encoding.UTF8.GetBytes(rune.ToString()), longest: false) is { } part)
                {
                    Replace(mapped, 1, part.Text);
                }
                else
                {
                    mapped.Add((rune.Value, 0));
                }
            }
        }

        return Placed(text, mapped);
    }

    // What is new beyond the number of replaced code points comes from the place before; what is missing is noted at the last one.
    private static void Replace(List<(int Code, int Change)> mapped, int replaced, string text)
    {
        int[] codes = CodePoints.Of(text);
        for (int i = 0; i < codes.Length; i++)
        {
            mapped.Add((codes[i], i < replaced ? 0 : 1));
        }

        if (codes.Length < replaced && mapped.Count > 0)
        {
            mapped[^1] = (mapped[^1].Code, mapped[^1].Change + codes.Length - replaced);
        }
    }

    // The library's way to the places: where nothing stands before what goes, what follows has the places of what went.
    private static TextPiece Placed(TextPiece text, List<(int Code, int Change)> mapped)
    {
        var builder = new TextPieceBuilder(mapped.Count);
        int at = 0;
        foreach ((int code, int change) in mapped)
        {
            builder.Add(code, change > 0 ? at == 0 ? 0 : text.Origin(at - 1) : text.Origin(at));
            at += change > 0 ? 0 : 1 - change;
        }

        return builder.Build();
    }

    /// <summary>The text as SentencePiece maps it: at each place by the longest entry.</summary>
    public TextPiece MapLongest(TextPiece text)
    {
        var builder = new TextPieceBuilder(text.Length);
        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        int offset = 0;
        for (int at = 0; at < text.Length;)
        {
            if (Prefix(bytes.AsSpan(offset), longest: true) is var (replacement, taken))
            {
                Add(builder, replacement, text.Origin(at));
                for (int end = offset + taken; offset < end; at++)
                {
                    offset += new Rune(text[at]).Utf8SequenceLength;
                }

                continue;
            }

            builder.Add(text[at], text.Origin(at));
            offset += new Rune(text[at++]).Utf8SequenceLength;
        }

        return builder.Build();
    }

    private static void Add(TextPieceBuilder builder, string text, int origin) =>
        Array.ForEach(CodePoints.Of(text), code => builder.Add(code, origin));

    private (string Text, int Taken)? Prefix(ReadOnlySpan<byte> key, bool longest)
    {
        (string Text, int Taken)? found = null;
        uint node = Offset(Unit(0));
        for (int i = 0; i < key.Length && key[i] != 0 && (longest || found is null); i++)
        {
            node ^= key[i];
            uint unit = Unit(node);
            if ((unit & 0x800000FF) != key[i])
            {
                break;
            }

            node ^= Offset(unit);
            if (((unit >> 8) & 1) == 1)
            {
                found = (Replacement(Unit(node) & 0x7FFFFFFF), i + 1);
            }
        }

        return found;
    }

    private uint Unit(uint node) => node < _trie.Length
        ? _trie[node]
        : throw new InvalidInputException($"the tokenizer's character map is damaged: it leads to {node} of {_trie.Length} places");

    private string Replacement(uint at)
    {
        int end = at < _replacements.Length ? Array.IndexOf(_replacements, (byte)0, (int)at) : -1;
        try
        {
            return at <= _replacements.Length
                ? new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(_replacements.AsSpan((int)at..(end < 0 ? _replacements.Length : end)))
                : throw new InvalidInputException($"the tokenizer's character map is damaged: it leads to byte {at} of {_replacements.Length}");
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidInputException($"the tokenizer's character map is damaged: the replacement at byte {at} is not UTF-8", e);
        }
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1 << 9)) >> 6);
}

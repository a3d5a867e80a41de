namespace Interp.Runtime.Tokenization;

/// <summary>Tokens and their ids, both ways. Ids may have holes.</summary>
internal sealed class Vocabulary
{
    private readonly Dictionary<string, int> _ids;
    private readonly string?[] _tokens;

    /// <param name="ids">Id of each token.</param>
    /// <param name="place">Where they stand, for messages.</param>
    /// <exception cref="InvalidInputException">An id is negative or beyond any model's, or two tokens have the same.</exception>
    public Vocabulary(Dictionary<string, int> ids, string place)
    {
        const int MostIds = 1 << 24;
        _ids = ids;
        int most = -1;
        foreach ((string token, int id) in ids)
        {
            most = id is >= 0 and < MostIds
                ? Math.Max(most, id)
                : throw new InvalidInputException($"{place}: token {OneLine.Quote(token)}: expected an id from 0 to {MostIds - 1}, found {id}");
        }

        _tokens = new string?[most + 1];
        foreach ((string token, int id) in ids)
        {
            _tokens[id] = _tokens[id] is not { } other ? token : throw new InvalidInputException(
                $"{place}: expected one token for each id, found {OneLine.Quote(other)} and {OneLine.Quote(token)} for {id}");
        }

        Lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>How many tokens there are, which with holes is less than the largest id.</summary>
    public int Count => _ids.Count;

    /// <summary>One more than the largest id.</summary>
    public int End => _tokens.Length;

    /// <summary>Ids by parts of a text.</summary>
    public Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> Lookup { get; }

    public int? Id(string token) => _ids.TryGetValue(token, out int id) ? id : null;

    public string? Token(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;
}

/// <summary>Turns a word into tokens.</summary>
internal interface ITokenModel
{
    /// <summary>What kind of model it is, for people.</summary>
    string Kind { get; }

    Vocabulary Vocabulary { get; }

    /// <summary>Adds the tokens of a word that is not empty.</summary>
    /// <exception cref="InvalidInputException">The vocabulary has no token for it, and none for what is unknown.</exception>
    void Encode(string word, List<int> ids);
}

/// <summary>How models name the tokens of single bytes.</summary>
internal static class ByteTokens
{
    public static string Name(byte value) => $"<0x{value:X2}>";

    /// <summary>The byte that a token such as <c>&lt;0x0A&gt;</c> names.</summary>
    public static byte? Value(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token.AsSpan(3, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out byte value) ? value : null;

    /// <summary>Adds the tokens of a text's bytes; false, and nothing added, where one of them is missing.</summary>
    public static bool TryAdd(string text, Vocabulary vocabulary, List<int> ids)
    {
        int start = ids.Count;
        foreach (byte b in System.Text.Encoding.UTF8.GetBytes(text))
        {
            if (vocabulary.Id(Name(b)) is not { } id)
            {
                ids.RemoveRange(start, ids.Count - start);
                return false;
            }

            ids.Add(id);
        }

        return true;
    }
}

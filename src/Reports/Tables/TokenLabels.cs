using System.Globalization;
using Interp.Analysis;

namespace Interp.Reports;

/// <summary>The tokens of the prompts, found in whatever tables name them, as labels of positions.</summary>
internal sealed class TokenLabels
{
    private static readonly (string Position, string Token)[] Columns = [("pos", "token"), ("src_pos", "src_token")];
    private readonly Dictionary<(int Prompt, int Position), string> _tokens = [];
    private readonly Dictionary<int, int> _lengths = [];

    public TokenLabels(IEnumerable<ResultTable> tables)
    {
        foreach (TableReader reader in tables.Select(t => new TableReader(t)))
        {
            foreach ((string position, string token) in Columns)
            {
                if (reader.Has("prompt") && reader.Has(position) && reader.Has(token))
                {
                    Read(reader, position, token);
                }
            }
        }
    }

    /// <summary>The prompts of which any token is known.</summary>
    public IEnumerable<int> Prompts => _lengths.Keys.Order();

    /// <summary>A token's text as it is, or null.</summary>
    public string? Token(int prompt, int position) => _tokens.GetValueOrDefault((prompt, position));

    /// <summary>A token's text as it is where all given prompts have the same at the position, else null.</summary>
    public string? Token(IEnumerable<int> prompts, int position)
    {
        string?[] found = [.. prompts.Select(p => Token(p, position)).Distinct()];
        return found.Length == 1 ? found[0] : null;
    }

    /// <summary>A prompt as text, without its middle if it is long; its number where its tokens are not known.</summary>
    public string Prompt(int prompt)
    {
        const int most = 48;
        int length = _lengths.GetValueOrDefault(prompt);
        string number = prompt.ToString(CultureInfo.InvariantCulture);
        string[] tokens = [.. Enumerable.Range(0, length).Select(p => Token(prompt, p) ?? "?")];
        if (tokens.Count(t => t != "?") * 2 <= length)
        {
            return number;
        }

        return $"{number}: {VisibleText.Middle(Joined(tokens), most)}";
    }

    /// <summary>Tokens as one text. Tokens of words come with their space or, from a list of words, without any.</summary>
    public static string Joined(IReadOnlyList<string> tokens) =>
        VisibleText.Words(string.Join(tokens.Any(t => t.StartsWith(' ')) ? "" : " ", tokens));

    /// <summary>The label of a position: its number, and its token where it is known.</summary>
    public static string Position(int position, string? token) => token is null
        ? position.ToString(CultureInfo.InvariantCulture)
        : $"{position.ToString(CultureInfo.InvariantCulture)} {VisibleText.Label(token)}";

    private void Read(TableReader reader, string position, string token)
    {
        foreach (IReadOnlyList<object?> row in reader.Rows)
        {
            // Answers are tokens too, and stand at no position; the corrupted prompt has positions of its own.
            if (reader.Int(row, "prompt") is { } prompt && reader.Int(row, position) is { } at && reader.Text(row, token) is { } text
                && reader.Text(row, "role") is null or "clean")
            {
                _tokens.TryAdd((prompt, at), text);
                _lengths[prompt] = Math.Max(_lengths.GetValueOrDefault(prompt), at + 1);
            }
        }
    }
}

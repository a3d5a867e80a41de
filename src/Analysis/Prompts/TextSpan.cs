using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Finds the tokens of a text in a prompt.</summary>
public static class TextSpan
{
    /// <summary>The positions of the tokens that hold a text, ascending; null when the prompt has it never or more than once.</summary>
    /// <param name="model">The model whose tokens they are.</param>
    /// <param name="tokens">The prompt.</param>
    /// <param name="text">The text; white space does not count, because some tokenizers drop it.</param>
    public static IReadOnlyList<int>? Find(TransformerModel model, IReadOnlyList<int> tokens, string text)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(text);
        string wanted = Bare(text);
        var ends = new int[tokens.Count];
        string whole = "";
        for (int i = 0; i < tokens.Count; i++)
        {
            string token = model.TokenText(tokens[i]);
            whole += Bare(token);
            ends[i] = whole.Length;
        }

        int at = wanted.Length == 0 ? -1 : whole.IndexOf(wanted, StringComparison.Ordinal);
        if (at < 0 || whole.IndexOf(wanted, at + 1, StringComparison.Ordinal) >= 0)
        {
            return null;
        }

        return [.. Enumerable.Range(0, tokens.Count).Where(i => ends[i] > at && (i == 0 ? 0 : ends[i - 1]) < at + wanted.Length)];
    }

    private static string Bare(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
}

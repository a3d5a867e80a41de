using Interp.Runtime;
using Interp.Runtime.Tokenization;

namespace Interp.Analysis;

/// <summary>
/// The one token that an answer names. An answer continues a prompt, so nothing is put in front of it, and a leading space
/// is part of it: <c>' Mary'</c> and <c>'Mary'</c> are different tokens in most vocabularies.
/// </summary>
internal static class AnswerToken
{
    /// <summary>
    /// Finds the token. A tokenizer that puts a space in front of every text would read <c>' Mary'</c> as two; so the token is
    /// chosen whose text is the answer, however the tokenizer gets there.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="text">The answer.</param>
    /// <param name="source">Names the answer in the error.</param>
    /// <exception cref="InvalidInputException">The answer is not one token; the message names those found.</exception>
    public static int Find(TransformerModel model, string text, string source)
    {
        TextTokenizer? tokenizer = model.Tokenizer;
        IReadOnlyList<int> ids = model.Tokenize(text, BosMode.Never);
        if (!Spells(ids) && text.Length > 1 && text[0] == ' ' && model.Tokenize(text[1..], BosMode.Never) is var shorter
            && Spells(shorter))
        {
            ids = shorter;
        }

        if (ids.Count == 1 && Spells(ids))
        {
            return ids[0];
        }

        int size = Math.Min(tokenizer!.VocabSize, model.Config.DVocabOut);
        int named = Enumerable.Range(0, size).FirstOrDefault(id => tokenizer.TokenText(id) == text, -1);
        if (named >= 0 || ids.Count == 1)
        {
            return named >= 0 ? named : ids[0];
        }

        string found = string.Join(", ", ids.Select(id => Quoted.Token(tokenizer.TokenText(id))));
        throw new InvalidInputException($"{source} {Quoted.Token(text)} is {ids.Count} tokens ({found}); expected one");

        bool Spells(IReadOnlyList<int> tokens) => string.Concat(tokens.Select(tokenizer!.TokenText)) == text;
    }
}

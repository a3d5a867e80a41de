namespace Interp.Runtime.Tokenization;

/// <summary>
/// Two sentences as one prompt, for models that tell them apart by token types (Devlin et al. 2019, BERT): <c>[CLS] first [SEP] second
/// [SEP]</c>, with type 0 up to the first separator and type 1 behind it.
/// </summary>
public static class SentencePair
{
    /// <summary>Tokens and their types.</summary>
    /// <param name="model">A model with a tokenizer and two token types.</param>
    /// <param name="first">The first sentence.</param>
    /// <param name="second">The second sentence.</param>
    /// <exception cref="InvalidInputException">The model has fewer token types, or its tokenizer does not frame a text as BERT's does.</exception>
    public static (IReadOnlyList<int> Tokens, IReadOnlyList<int> Types) Encode(TransformerModel model, string first, string second)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Config.TokenTypes < 2)
        {
            throw new InvalidInputException(
                $"a second sentence: this model has {model.Config.TokenTypes} token types (segments), expected 2 to tell sentences apart; give one text");
        }

        IReadOnlyList<int> framed = model.Tokenize(first, BosMode.Auto), bare = model.Tokenize(first, BosMode.Never);
        if (framed.Count != bare.Count + 2 || !framed.Skip(1).Take(bare.Count).SequenceEqual(bare))
        {
            throw new InvalidInputException(
                "a second sentence: expected a tokenizer that puts one special token in front of a text and one behind it ([CLS], [SEP]), found "
                + $"{framed.Count - bare.Count} around it; give ids and token types");
        }

        int[] tokens = [.. framed, .. model.Tokenize(second, BosMode.Never), framed[^1]];
        return (tokens, [.. tokens.Select((_, i) => i < framed.Count ? 0 : 1)]);
    }
}

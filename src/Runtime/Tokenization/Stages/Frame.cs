namespace Interp.Runtime.Tokenization;

/// <summary>One part of a framed text: a text, or tokens that stand around it.</summary>
/// <param name="Text">0 for the first text, 1 for the second; null for tokens.</param>
/// <param name="Ids">The tokens; empty for a text.</param>
/// <param name="Type">Token type (segment) of the part.</param>
internal readonly record struct FramePart(int? Text, IReadOnlyList<int> Ids, int Type)
{
    public static FramePart Of(int text, int type) => new(text, [], type);

    public static FramePart Token(int id, int type) => new(null, [id], type);
}

/// <summary>What a post-processor puts around one text, and around a pair of texts.</summary>
/// <param name="Single">The parts for one text.</param>
/// <param name="Pair">The parts for a pair; null where pairs have no frame.</param>
internal sealed record Frame(IReadOnlyList<FramePart> Single, IReadOnlyList<FramePart>? Pair)
{
    /// <summary>Nothing is put around texts.</summary>
    public static Frame None { get; } = new([FramePart.Of(0, 0)], [FramePart.Of(0, 0), FramePart.Of(1, 1)]);

    /// <summary>BERT's: [CLS] a [SEP] and [CLS] a [SEP] b [SEP], the second text of type 1.</summary>
    public static Frame Bert(int start, int end) => new(
        [FramePart.Token(start, 0), FramePart.Of(0, 0), FramePart.Token(end, 0)],
        [FramePart.Token(start, 0), FramePart.Of(0, 0), FramePart.Token(end, 0), FramePart.Of(1, 1), FramePart.Token(end, 1)]);

    /// <summary>RoBERTa's: &lt;s&gt; a &lt;/s&gt; and &lt;s&gt; a &lt;/s&gt;&lt;/s&gt; b &lt;/s&gt;, all of type 0.</summary>
    public static Frame Roberta(int start, int end) => new(
        [FramePart.Token(start, 0), FramePart.Of(0, 0), FramePart.Token(end, 0)],
        [
            FramePart.Token(start, 0), FramePart.Of(0, 0), FramePart.Token(end, 0), FramePart.Token(end, 0), FramePart.Of(1, 0), FramePart.Token(end, 0),
        ]);

    /// <summary>The same tokens around every text.</summary>
    public static Frame Around(IReadOnlyList<int> start, IReadOnlyList<int> end)
    {
        return new(Side(0), [.. Side(0), .. Side(1)]);

        IReadOnlyList<FramePart> Side(int text) => [new(null, start, text), FramePart.Of(text, text), new(null, end, text)];
    }

    /// <summary>Ids that stand in front of a text.</summary>
    public IEnumerable<int> Prefix => Single.TakeWhile(part => part.Text is null).SelectMany(part => part.Ids);

    /// <summary>Ids that stand behind a text.</summary>
    public IEnumerable<int> Suffix => Single.SkipWhile(part => part.Text is null).SelectMany(part => part.Ids);

    /// <summary>The ids and token types of one or two framed texts.</summary>
    public (List<int> Ids, List<int> Types) Put(IReadOnlyList<int> first, IReadOnlyList<int>? second)
    {
        List<int> ids = [], types = [];
        foreach (FramePart part in second is null ? Single : Pair ?? throw new InvalidInputException("the tokenizer's post_processor has no frame for a pair of texts"))
        {
            IReadOnlyList<int> tokens = part.Text switch { null => part.Ids, 0 => first, _ => second ?? [] };
            ids.AddRange(tokens);
            types.AddRange(Enumerable.Repeat(part.Type, tokens.Count));
        }

        return (ids, types);
    }
}

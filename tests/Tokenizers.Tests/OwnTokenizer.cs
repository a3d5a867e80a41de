using Interp.Runtime.Tokenization;

namespace Interp.Tokenizers.Tests;

/// <summary>The tokenizer under test.</summary>
internal sealed class OwnTokenizer : ITokenizer
{
    private readonly TextTokenizer? tokenizer;
    private readonly Outcome? notRead;

    /// <summary>Reads a directory with a tokenizer.json; what went wrong is told by each answer.</summary>
    public OwnTokenizer(string directory)
    {
        try
        {
            tokenizer = Read(directory);
        }
        catch (Exception e)
        {
            notRead = Wrong(e);
        }
    }

    public Outcome Encode(string text) => Ask(t => new Outcome(Ids: t.Encode(text, BosMode.Auto)));

    public Outcome Decode(IReadOnlyList<int> ids) => Ask(t => new Outcome(Text: t.Decode(ids)));

    public void Dispose()
    {
    }

    /// <summary>The one way in.</summary>
    private static TextTokenizer Read(string directory) =>
        TokenizerLoader.TryLoad(directory) ?? throw new InvalidInputException($"{directory}: there is no tokenizer");

    private static Outcome Wrong(Exception e) =>
        e is InvalidInputException ? new Outcome(Refusal: e.Message) : new Outcome(Crash: $"{e.GetType().Name}: {e.Message} {e.StackTrace?.Split('\n')[0].Trim()}");

    private Outcome Ask(Func<TextTokenizer, Outcome> question)
    {
        try
        {
            return tokenizer is null ? notRead! : question(tokenizer);
        }
        catch (Exception e)
        {
            return Wrong(e);
        }
    }
}

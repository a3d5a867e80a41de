using Library = Tokenizers.DotNet.Tokenizer;
using LibraryException = Tokenizers.DotNet.TokenizerException;

namespace Interp.Tokenizers.Tests;

/// <summary>The reference: version 0.22.2 of Hugging Face's library in Rust.</summary>
internal sealed class ReferenceTokenizer : ITokenizer
{
    private static readonly Lazy<string?> WhyNot = new(Try);

    private readonly Library? library;

    /// <summary>Reads a file; a refusal is told by each answer.</summary>
    public ReferenceTokenizer(string directory)
    {
        try
        {
            library = new Library(Path.Combine(directory, "tokenizer.json"));
        }
        catch (LibraryException e)
        {
            Refusal = e.Message;
        }
    }

    /// <summary>Why the file is not read, or null.</summary>
    public string? Refusal { get; }

    /// <summary>Skips the test where the library does not load.</summary>
    public static void Require()
    {
        if (WhyNot.Value is { } reason)
        {
            Assert.Skip($"The reference tokenizer does not load on this machine ({reason}); it is shipped for Linux on x64.");
        }
    }

    public Outcome Encode(string text) => Ask(l => new Outcome(Ids: [.. l.Encode(text).Select(id => (int)id)]));

    public Outcome Decode(IReadOnlyList<int> ids) => Ask(l => new Outcome(Text: l.Decode([.. ids.Select(id => (uint)id)])));

    public void Dispose() => library?.Dispose();

    private static string? Try()
    {
        try
        {
            using ReferenceTokenizer none = new(Path.GetTempPath());
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or TypeInitializationException or EntryPointNotFoundException)
        {
            return e.Message.Split('\n')[0].Trim();
        }
    }

    private Outcome Ask(Func<Library, Outcome> question)
    {
        try
        {
            return library is null ? new Outcome(Refusal: Refusal) : question(library);
        }
        catch (LibraryException e)
        {
            return new Outcome(Refusal: e.Message);
        }
    }
}

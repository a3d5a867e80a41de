namespace Interp.Tokenizers.Tests;

/// <summary>What a tokenizer made of a question: a result, a refusal by name, or something that must not happen.</summary>
/// <param name="Ids">Ids of a text.</param>
/// <param name="Text">Text of ids.</param>
/// <param name="Refusal">Why it was refused.</param>
/// <param name="Crash">An exception that is no refusal.</param>
internal sealed record Outcome(IReadOnlyList<int>? Ids = null, string? Text = null, string? Refusal = null, string? Crash = null)
{
    public override string ToString() =>
        Ids is not null ? $"[{string.Join(", ", Ids)}]" : Text is not null ? Show.Quoted(Text) : Refusal is not null ? $"refused: {Refusal}" : $"crashed: {Crash}";

    public bool Agrees(Outcome other) => Ids is not null && other.Ids is not null ? Ids.SequenceEqual(other.Ids) : Text is not null && Text == other.Text;
}

/// <summary>A tokenizer under comparison.</summary>
internal interface ITokenizer : IDisposable
{
    /// <summary>Ids with special tokens, as the file's post-processor says.</summary>
    Outcome Encode(string text);

    /// <summary>Text without special tokens.</summary>
    Outcome Decode(IReadOnlyList<int> ids);
}

/// <summary>Texts for people.</summary>
internal static class Show
{
    /// <summary>A text in quotes, everything but printable ASCII escaped.</summary>
    public static string Quoted(string text) =>
        "\"" + string.Concat(text.Select(c => c is '"' or '\\' ? "\\" + c : c is >= ' ' and <= '~' ? c.ToString() : $"\\u{(int)c:X4}")) + "\"";
}

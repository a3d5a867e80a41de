using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Interp.Tokenizers.Tests;

/// <summary>How two answers relate.</summary>
internal enum Verdict
{
    /// <summary>The same ids or the same text.</summary>
    Same,

    /// <summary>Neither reads it.</summary>
    BothRefuse,

    /// <summary>Only the tokenizer under test refuses.</summary>
    Refused,

    /// <summary>Only the reference refuses.</summary>
    ReadAlone,

    /// <summary>Other ids or another text.</summary>
    Different,

    /// <summary>The tokenizer under test ended in an exception that is no refusal.</summary>
    Crashed,
}

/// <summary>One question to both: the ids of a text, or the text of ids.</summary>
/// <param name="Json">tokenizer.json.</param>
/// <param name="Text">A text to encode, or null.</param>
/// <param name="Ids">Ids to decode, where there is no text.</param>
internal sealed record Question(JsonObject Json, string? Text, IReadOnlyList<int> Ids);

/// <summary>Asks the reference and the tokenizer under test the same, through files in a folder that lives as long as this.</summary>
internal sealed class Comparison : IDisposable
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string directory = Directory.CreateTempSubdirectory("interp-tokenizers-").FullName;
    private ReferenceTokenizer? reference;
    private OwnTokenizer? own;

    /// <summary>The answer of the reference to the question asked last.</summary>
    public Outcome Expected { get; private set; } = new();

    /// <summary>The answer of the tokenizer under test to the question asked last.</summary>
    public Outcome Found { get; private set; } = new();

    /// <summary>JSON in one line.</summary>
    public static string Line(JsonNode json) => json.ToJsonString(Readable);

    /// <summary>Lets both read a file.</summary>
    public void Load(JsonObject json)
    {
        reference?.Dispose();
        File.WriteAllText(Path.Combine(directory, "tokenizer.json"), Line(json));
        reference = new ReferenceTokenizer(directory);
        own = new OwnTokenizer(directory);
    }

    /// <summary>Asks both about the file loaded last.</summary>
    public Verdict Ask(string? text, IReadOnlyList<int> ids)
    {
        // A panic in the reference ends the process; then this file says at what.
        File.WriteAllText(Path.Combine(directory, "question.txt"), text ?? string.Join(' ', ids));
        Expected = text is null ? reference!.Decode(ids) : reference!.Encode(text);
        Found = text is null ? own!.Decode(ids) : own!.Encode(text);
        Found = Found with { Refusal = Found.Refusal?.Replace(directory + Path.DirectorySeparatorChar, "", StringComparison.Ordinal) };
        return (Expected, Found) switch
        {
            (_, { Crash: not null }) => Verdict.Crashed,
            ({ Refusal: not null }, { Refusal: not null }) => Verdict.BothRefuse,
            ({ Refusal: not null }, _) => Verdict.ReadAlone,
            (_, { Refusal: not null }) => Verdict.Refused,
            _ => Expected.Agrees(Found) ? Verdict.Same : Verdict.Different,
        };
    }

    /// <summary>Lets both read the question's file and asks them.</summary>
    public Verdict Ask(Question question)
    {
        Load(question.Json);
        return Ask(question.Text, question.Ids);
    }

    public void Dispose()
    {
        reference?.Dispose();
        own?.Dispose();
        Directory.Delete(directory, recursive: true);
    }
}

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Interp.Tokenizers.Tests;

/// <summary>A question that was answered wrongly, made small.</summary>
internal sealed record Failure(int Seed, Verdict Verdict, Question Question, Outcome Expected, Outcome Found)
{
    /// <summary>What the failure is about: failures of the same parts of a file are most likely of the same cause.</summary>
    public string About => string.Join(' ', new[] { Verdict.ToString(), Question.Text is null ? "decode" : "encode" }.Concat(Names(Question.Json).Distinct()));

    public override string ToString() =>
        $"seed {Seed}: {About}\n{Comparison.Line(Question.Json)}\n"
        + (Question.Text is null ? $"ids      [{string.Join(", ", Question.Ids)}]" : $"text     {Show.Quoted(Question.Text)}")
        + $"\nexpected {Expected}\nfound    {Found}\n";

    private static IEnumerable<string> Names(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(m => m.Key switch
        {
            "vocab" or "merges" => [],
            "type" => [m.Value!.GetValue<string>()],
            _ when m.Value is JsonValue value && value.TryGetValue(out bool flag) => flag ? [m.Key] : [],
            _ => Names(m.Value),
        }),
        JsonArray list => list.SelectMany(Names),
        _ => [],
    };
}

/// <summary>Refusals with the same words, whatever they quote and number.</summary>
internal static partial class Refusals
{
    public static string Kind(string refusal) => Number().Replace(Nested().Replace(Quoted().Replace(refusal, "'...'"), ""), "N");

    [GeneratedRegex("'[^']*'|\"[^\"]*\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"(normalizers|pretokenizers|decoders|processors)\[[0-9]+\]: ")]
    private static partial Regex Nested();

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Number();
}

using System.Globalization;

namespace Interp.Tokenizers.Tests;

/// <summary>
/// Random tokenizer.json files and texts, read by the reference and by the tokenizer under test. INTERP_TOKENIZER_PAIRS says how many
/// pairs, INTERP_TOKENIZER_SEED where to begin, INTERP_TOKENIZER_REPORT names a folder that takes each distinct failure.
/// </summary>
public sealed class DifferentialTests(ITestOutputHelper output)
{
    private const int TextsOfEach = 8;

    // What is refused by name although the reference reads it.
    private static readonly string[] Known =
    [
        // A table of scripts that .NET does not have.
        "found 'UnicodeScripts'", "found '...'", "the property '", "the class [:alpha:]", "the class [:punct:]",

        // Whole characters as users see them and general line breaks, as atoms of a pattern.
        "found \\X", "found \\R", "found \\N",

        // Objects of before types were written, which the reference tells by their fields.
        "expected a field '...', a text; found none",

        // The reference leaves such ids out of decoded text.
        "is out of range",
    ];

    // What the reference refuses and is read all the same, without harm.
    private static readonly string[] Harmless =
    [
        // Older files say so without a prepend_scheme, and older versions of the reference read them.
        "add_prefix_space does not match declared prepend_scheme",
    ];

    [Fact]
    public void Ids_and_texts_are_those_of_the_reference()
    {
        ReferenceTokenizer.Require();
        Run run = new(Setting("INTERP_TOKENIZER_SEED", 1), Environment.GetEnvironmentVariable("INTERP_TOKENIZER_REPORT"));
        run.Compare(Setting("INTERP_TOKENIZER_PAIRS", 2000), TextsOfEach);
        output.WriteLine(run.ToString());
        Assert.True(run.Failures.Count == 0, $"{run}\n{string.Join('\n', run.Failures.Take(5))}");
        Assert.DoesNotContain(run.Refused.Keys, k => !Known.Any(k.Contains));
        Assert.DoesNotContain(run.ReadAlone.Keys, k => !Harmless.Any(k.Contains));
        Assert.InRange(run.Refused.Values.Sum(), 0, run.Pairs / 10);
    }

    internal static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
}

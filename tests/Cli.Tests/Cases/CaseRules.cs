using System.Text.Json;

namespace Interp.Cli.Tests.Cases;

/// <summary>What a command line of a case did; <paramref name="Tensors"/> are those of x.safetensors, where it was written.</summary>
internal sealed record CaseRun(int Code, string Output, string Error, IReadOnlyDictionary<string, CaseTensor>? Tensors);

/// <summary>
/// The rules of <c>expect</c>; all that is given must hold. <c>exit</c>; <c>stderr_contains</c>, <c>stderr_lacks</c>,
/// <c>stdout_contains</c>, <c>stdout_lacks</c>: words in upper or lower case; <c>ids</c> of each sequence; <c>logits</c>: a file of the
/// case that the written logits agree with, largest difference at most <c>tolerance</c> (5e-5) times the largest value or 1;
/// <c>rows</c>: exactly one line of JSON has the fields of <c>where</c>, and there those of <c>is</c>, numbers within
/// <c>row_tolerance</c> (1e-4) times the value or 1; <c>any_of</c>: one of several.
/// </summary>
internal static class CaseRules
{
    // Logits of a float32 run against float64: the promise of 1e-5 with room for models of random weights and few values.
    private const double LogitTolerance = 5e-5;

    // Rows are read back from printed digits.
    private const double RowTolerance = 1e-4;

    /// <summary>What is wrong with a run; empty when nothing is.</summary>
    public static List<string> Wrong(JsonElement expect, CaseRun run, string folder)
    {
        List<string> wrong = [];
        foreach (JsonProperty rule in expect.EnumerateObject())
        {
            wrong.AddRange(rule.Name switch
            {
                "exit" => run.Code == rule.Value.GetInt32() ? [] : [$"exit code {run.Code}, expected {rule.Value}: {run.Error.Trim()}"],
                "stderr_contains" => Words(rule.Value, "stderr", run.Error, true),
                "stderr_lacks" => Words(rule.Value, "stderr", run.Error, false),
                "stdout_contains" => Words(rule.Value, "stdout", run.Output, true),
                "stdout_lacks" => Words(rule.Value, "stdout", run.Output, false),
                "ids" => run.Tensors is null ? NotWritten : Ids(rule.Value, run.Tensors),
                "logits" => run.Tensors is null ? NotWritten : Logits(Path.Combine(folder, rule.Value.GetString()!), run.Tensors, Number(expect, "tolerance", LogitTolerance)),
                "rows" => Rows(rule.Value, run.Output, Number(expect, "row_tolerance", RowTolerance)),
                "any_of" => AnyOf(rule.Value, run, folder),
                "tolerance" or "row_tolerance" => [],
                _ => [$"unknown rule '{rule.Name}'"],
            });
        }

        return wrong;
    }

    private static IEnumerable<string> NotWritten => ["no x.safetensors was written"];

    private static double Number(JsonElement expect, string name, double otherwise) => expect.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : otherwise;

    private static IEnumerable<string> Words(JsonElement words, string where, string text, bool contains) =>
        from word in words.EnumerateArray()
        where text.Contains(word.GetString()!, StringComparison.OrdinalIgnoreCase) != contains
        select $"{where} {(contains ? "lacks" : "holds")} '{word}': {text.Trim()}";

    private static IEnumerable<string> Ids(JsonElement expected, IReadOnlyDictionary<string, CaseTensor> tensors)
    {
        List<CaseTensor> found = CaseTensors.Sequences(tensors, "tokens");
        if (found.Count != expected.GetArrayLength())
        {
            yield return $"{found.Count} sequences, expected {expected.GetArrayLength()}";
        }

        foreach ((CaseTensor sequence, JsonElement ids) in found.Zip(expected.EnumerateArray()))
        {
            if (!sequence.Values.SequenceEqual(ids.EnumerateArray().Select(i => i.GetDouble())))
            {
                yield return $"ids [{string.Join(", ", sequence.Values)}], expected {ids.GetRawText().ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal)}";
            }
        }
    }

    private static IEnumerable<string> Logits(string file, IReadOnlyDictionary<string, CaseTensor> tensors, double tolerance)
    {
        List<CaseTensor> found = CaseTensors.Sequences(tensors, "logits"), expected = CaseTensors.Sequences(CaseTensors.Read(file), "logits");
        if (found.Count != expected.Count)
        {
            yield return $"{found.Count} logits, expected {expected.Count}";
        }

        foreach ((CaseTensor f, CaseTensor e) in found.Zip(expected))
        {
            if (!f.Shape.SequenceEqual(e.Shape))
            {
                yield return $"logits of shape [{string.Join(", ", f.Shape)}], expected [{string.Join(", ", e.Shape)}]";
                continue;
            }

            double difference = f.Values.Zip(e.Values, (x, y) => double.IsFinite(x) ? Math.Abs(x - y) : double.PositiveInfinity).DefaultIfEmpty().Max();
            double largest = e.Values.Select(Math.Abs).DefaultIfEmpty().Max();
            if (!(difference <= tolerance * Math.Max(1, largest)))
            {
                yield return $"logits: largest difference {difference:G3} (largest value {largest:G3}, tolerance {tolerance:G3})";
            }
        }
    }

    private static List<string> Rows(JsonElement rows, string output, double tolerance)
    {
        List<JsonElement> lines = [];
        List<string> wrong = [];
        foreach (string line in output.Split('\n').Where(l => l.TrimStart().StartsWith('{')))
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(line);
                lines.Add(document.RootElement.Clone());
            }
            catch (JsonException)
            {
                wrong.Add($"stdout: not JSON: {line}");
            }
        }

        foreach (JsonElement row in rows.EnumerateArray())
        {
            JsonElement where = row.GetProperty("where");
            List<JsonElement> hits = [.. lines.Where(l => where.EnumerateObject().All(w => Same(l, w, 0)))];
            if (hits.Count != 1)
            {
                wrong.Add($"{hits.Count} rows with {where}, expected 1");
                continue;
            }

            wrong.AddRange(row.GetProperty("is").EnumerateObject().Where(i => !Same(hits[0], i, tolerance)).Select(i => $"row {where}: expected {i}, found {hits[0]}"));
        }

        return wrong;
    }

    /// <summary>Whether a line has a field's value; a number within a tolerance, a field that is not there as null.</summary>
    private static bool Same(JsonElement line, JsonProperty expected, double tolerance)
    {
        if (!line.TryGetProperty(expected.Name, out JsonElement found))
        {
            return expected.Value.ValueKind == JsonValueKind.Null;
        }

        if (expected.Value.ValueKind == JsonValueKind.Number)
        {
            double right = expected.Value.GetDouble();
            return found.ValueKind == JsonValueKind.Number && Math.Abs(found.GetDouble() - right) <= tolerance * Math.Max(1, Math.Abs(right));
        }

        return JsonElement.DeepEquals(found, expected.Value);
    }

    private static IEnumerable<string> AnyOf(JsonElement choices, CaseRun run, string folder)
    {
        List<List<string>> each = [.. choices.EnumerateArray().Select(c => Wrong(c, run, folder))];
        return each.Any(w => w.Count == 0) ? [] : [$"none of: {string.Join(" | ", each.Select(w => string.Join("; ", w)))}"];
    }
}

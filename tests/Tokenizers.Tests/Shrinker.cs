using System.Text;
using System.Text.Json.Nodes;

namespace Interp.Tokenizers.Tests;

/// <summary>Makes a failing question small: leaves out what does not matter.</summary>
internal sealed class Shrinker(Func<Question, bool> fails)
{
    private static readonly string[] Parts = ["normalizers", "pretokenizers", "processors", "decoders"];

    private Question question = null!;
    private int tries;

    /// <summary>The smallest question found that still fails.</summary>
    /// <param name="failing">A failing question.</param>
    /// <param name="most">The most questions to try.</param>
    public Question Shrink(Question failing, int most)
    {
        question = failing;
        tries = most;
        int before;
        do
        {
            before = tries;
            int size = Size();
            ShrinkAsked();
            ShrinkJson([]);
            if (Size() == size)
            {
                break;
            }
        }
        while (tries > 0);
        return question;
    }

    private int Size() => Comparison.Line(question.Json).Length + (question.Text?.Length ?? 0) + question.Ids.Count;

    private bool Try(Question candidate)
    {
        if (tries-- <= 0 || !fails(candidate))
        {
            return false;
        }

        question = candidate;
        return true;
    }

    private void ShrinkAsked()
    {
        if (question.Text is not null)
        {
            Without(() => question.Text!.EnumerateRunes().Count(), (start, count) =>
            {
                List<Rune> left = [.. question.Text!.EnumerateRunes()];
                left.RemoveRange(start, count);
                return question with { Text = string.Concat(left) };
            });
        }
        else
        {
            Without(() => question.Ids.Count, (start, count) => question with { Ids = [.. question.Ids.Take(start), .. question.Ids.Skip(start + count)] });
        }
    }

    private void ShrinkJson(List<object> path)
    {
        // The parts of a tokenizer need all of their fields: the reference ends the process where one is missing.
        if (path.Count == 0 || At(question.Json, path) is JsonArray)
        {
            Without(() => Count(At(question.Json, path)), (start, count) => Changed(path, node => Remove(node, start, count)));
        }

        for (int i = 0; i < Count(At(question.Json, path)); i++)
        {
            JsonNode node = At(question.Json, path)!;
            object key = node is JsonObject members ? members.ElementAt(i).Key : i;
            if (key is "vocab" or "merges")
            {
                List<object> entries = [.. path, key];
                Without(() => Count(At(question.Json, entries)), (start, count) => Changed(entries, n => Remove(n, start, count)));
                continue;
            }

            List<object> inner = [.. path, key];
            if (At(question.Json, inner) is JsonObject child)
            {
                Try(Replaced(inner, null));
                foreach (string list in Parts.Where(child.ContainsKey))
                {
                    // A sequence may be no more than one of its parts.
                    foreach (JsonNode? part in child[list]!.AsArray())
                    {
                        if (Try(Replaced(inner, part)))
                        {
                            break;
                        }
                    }
                }
            }

            if (At(question.Json, inner) is JsonObject or JsonArray)
            {
                ShrinkJson(inner);
            }
            else if (At(question.Json, inner) is JsonValue value && value.TryGetValue(out bool flag) && flag)
            {
                Try(Replaced(inner, false));
            }
        }
    }

    /// <summary>Leaves out ever smaller runs of a number of things, as long as the rest fails.</summary>
    private void Without(Func<int> count, Func<int, int, Question> candidate)
    {
        for (int run = count(); run > 0; run /= 2)
        {
            for (int start = 0, left = count(); start < left && tries > 0;)
            {
                bool smaller = Try(candidate(start, Math.Min(run, left - start))) && count() < left;
                start += smaller ? 0 : run;
                left = count();
            }
        }
    }

    private Question Changed(List<object> path, Action<JsonNode> change)
    {
        var json = (JsonObject)question.Json.DeepClone();
        change(At(json, path)!);
        return question with { Json = json };
    }

    private Question Replaced(List<object> path, JsonNode? value) => Changed(path[..^1], node =>
    {
        if (path[^1] is string name)
        {
            node[name] = value?.DeepClone();
        }
        else
        {
            node[(int)path[^1]] = value?.DeepClone();
        }
    });

    private static JsonNode? At(JsonNode? node, List<object> path)
    {
        foreach (object key in path)
        {
            node = key is string name ? node?[name] : node?[(int)key];
        }

        return node;
    }

    private static int Count(JsonNode? node) => node switch { JsonObject o => o.Count, JsonArray a => a.Count, _ => 0 };

    private static void Remove(JsonNode node, int start, int count)
    {
        if (node is JsonArray list)
        {
            for (int i = 0; i < count; i++)
            {
                list.RemoveAt(start);
            }
        }
        else if (node["type"] is null || node["vocab"] is not null)
        {
            // The reference ends the process at a typed part that lacks a field; a model it refuses. Without its type
            // a model may still be read, but people would not know it.
            foreach (string name in node.AsObject().Select(m => m.Key).Skip(start).Take(count).Where(n => n != "type").ToList())
            {
                node.AsObject().Remove(name);
            }
        }
    }
}

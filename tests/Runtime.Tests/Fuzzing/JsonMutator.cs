using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Interp.Runtime.Tests.Fuzzing;

/// <summary>Changes of JSON that stay JSON: values, types, missing and additional and repeated fields.</summary>
internal static class JsonMutator
{
    // Stands for half of a pair, which a tree of nodes cannot hold.
    private const string Surrogate = "@half@";

    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "1", "-1", "2", "3", "0.5", "-0.0", "1e-30", "1e300", "2147483647", "2147483648",
        "-2147483648", "4294967296", "9223372036854775807", "99999999999999999999", "1000000", "\"\"", "\"a\"", $"\"{Surrogate}\"", "\"gpt2\"",
        "\"linear\"", "\"(a+)+$\"", "\"(?<x\"", "[]", "[1]", "[[1,2]]", "[null]", "{}", "{\"type\":\"x\"}",
    ];

    /// <summary>Changes a text that is JSON.</summary>
    public static byte[] Change(Random random, byte[] json)
    {
        if (random.Next(8) == 0)
        {
            return ByteMutator.Change(random, json, json.Length);
        }

        JsonNode root = JsonNode.Parse(json)!;
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            Change(random, root);
        }

        byte[] result = Encoding.UTF8.GetBytes(root.ToJsonString().Replace(Surrogate, "\\ud800", StringComparison.Ordinal));
        // A field that is there twice is something that a tree of nodes cannot say.
        return random.Next(20) > 0 || result[0] != (byte)'{' ? result
            : [.. "{"u8, .. result.AsSpan(1, result.Length - 2), .. ","u8, .. result.AsSpan(1)];
    }

    private static void Change(Random random, JsonNode root)
    {
        List<JsonNode> containers = [];
        Collect(root, containers);
        switch (containers[random.Next(containers.Count)])
        {
            case JsonObject { Count: > 0 } o:
                string key = o.ElementAt(random.Next(o.Count)).Key;
                switch (random.Next(7))
                {
                    case 0:
                        o.Remove(key);
                        break;
                    case 1:
                        JsonNode? value = o[key]?.DeepClone();
                        o[key + "x"] = value;
                        o.Remove(key);
                        break;
                    case 2:
                        o[key] = o.ElementAt(random.Next(o.Count)).Value?.DeepClone();
                        break;
                    default:
                        o[key] = New(random, o[key]);
                        break;
                }

                break;
            case JsonArray { Count: > 0 } a:
                int at = random.Next(a.Count);
                switch (random.Next(5))
                {
                    case 0:
                        a.RemoveAt(at);
                        break;
                    case 1:
                        a.Insert(at, a[at]?.DeepClone());
                        break;
                    default:
                        a[at] = New(random, a[at]);
                        break;
                }

                break;
            default:
                break;
        }
    }

    // Half of the numbers are moved a little: what is nearly right reaches further into the reader.
    private static JsonNode? New(Random random, JsonNode? old) =>
        old is JsonValue value && value.GetValueKind() == JsonValueKind.Number && random.Next(2) == 0
            ? JsonValue.Create(value.GetValue<double>() + random.Next(-3, 4))
            : JsonNode.Parse(Values[random.Next(Values.Length)]);

    private static void Collect(JsonNode? node, List<JsonNode> found)
    {
        if (node is JsonObject or JsonArray)
        {
            found.Add(node);
            IEnumerable<JsonNode?> children = node is JsonObject o ? o.Select(p => p.Value) : (JsonArray)node;
            foreach (JsonNode? child in children)
            {
                Collect(child, found);
            }
        }
    }
}

using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Interp.Reports;

/// <summary>
/// Long lists of numbers in a page as base64 of their bits, the way that plotly.js knows as well: <c>{dtype, bdata, shape}</c>, little-endian,
/// <c>f4</c> where no value loses a bit by it, else <c>f8</c>; null is NaN. It keeps pages small; no number changes.
/// </summary>
internal static class CompactNumbers
{
    private const int Least = 96;

    /// <summary>Replaces the lists in a figure.</summary>
    /// <param name="node">The figure, changed in place.</param>
    public static void Apply(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject o:
                foreach (string name in o.Select(p => p.Key).ToArray())
                {
                    if (o[name] is JsonArray list && Compact(list) is { } compact)
                    {
                        o[name] = compact;
                    }
                    else
                    {
                        Apply(o[name]);
                    }
                }

                break;
            case JsonArray list:
                foreach (JsonNode? item in list)
                {
                    Apply(item);
                }

                break;
        }
    }

    private static JsonObject? Compact(JsonArray list)
    {
        List<int> shape = [];
        for (JsonNode? at = list; at is JsonArray { Count: > 0 } inner; at = inner[0])
        {
            shape.Add(inner.Count);
        }

        List<double> values = [];
        if (!Flatten(list, shape, 0, values) || values.Count < Least)
        {
            return null;
        }

        bool single = values.TrueForAll(v => double.IsNaN(v) || (float)v == v);
        byte[] bits = single
            ? MemoryMarshal.AsBytes<float>(values.Select(v => (float)v).ToArray()).ToArray()
            : MemoryMarshal.AsBytes<double>(values.ToArray()).ToArray();
        string text = Convert.ToBase64String(bits);
        return text.Length >= list.ToJsonString().Length ? null : new JsonObject
        {
            ["dtype"] = single ? "f4" : "f8",
            ["bdata"] = text,
            ["shape"] = string.Join(',', shape),
        };
    }

    private static bool Flatten(JsonArray list, List<int> shape, int depth, List<double> values)
    {
        if (depth >= shape.Count || list.Count != shape[depth])
        {
            return false;
        }

        bool leaf = depth == shape.Count - 1;
        foreach (JsonNode? item in list)
        {
            if (leaf && item is null)
            {
                values.Add(double.NaN);
            }
            else if (leaf && item is JsonValue value && value.TryGetValue(out double number))
            {
                values.Add(number);
            }
            else if (leaf || item is not JsonArray inner || !Flatten(inner, shape, depth + 1, values))
            {
                return false;
            }
        }

        return true;
    }
}
